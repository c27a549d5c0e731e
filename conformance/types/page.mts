// Compiled, never run: the calls of a page, and what must not compile.

import type { MPServerless } from '@alicloud/mpserverless-sdk';
import cloud from 'alipay-serverless-sdk';
import type { Cloud, Failure, InitAnswer, QueryAnswer } from 'alipay-serverless-sdk';

declare const serverless: MPServerless;
cloud.init(serverless, { notify: { url: 'https://notify.example/x' } });

const identityParam = { identityType: 'CERT_INFO', certType: 'IDENTITY_CARD', certName: '张测试', certNo: '' };
const merchantConfig = { returnUrl: 'www.taobao.com' };

export async function page(): Promise<string | undefined> {
  const opened: InitAnswer = await cloud.member.identification.init({
    outerOrderNo: 'piwei' + new Date().getTime(),
    bizCode: 'FACE',
    identityParam,
    merchantConfig,
  });
  await cloud.member.identification.init('piwei', 'SMART_FACE', identityParam, merchantConfig);

  const certifyId = opened.certifyId ?? opened.certify_id ?? '';
  const { body } = await cloud.member.identification.certify({ certifyId });
  await cloud.member.identification.certify(certifyId);
  const result: QueryAnswer = await cloud.Member.Identification.query(certifyId);
  await cloud.util.generic.execute('alipay.user.certify.open.query', { certifyId }, { authToken: '' });
  try {
    await cloud.payment.common.create({ subject: '' });
  } catch (caught) {
    const { code, message } = caught as Failure;
    return `${code}: ${message}`;
  }
  return result.passed ?? body;
}

// @ts-expect-error a page must not pass the token
cloud.member.identification.query({ certifyId: '', appAuthToken: 'x' });
// @ts-expect-error nor beside the parameters
cloud.member.identification.certify('', { appAuthToken: 'x' });
// @ts-expect-error the return URL is required
cloud.member.identification.init({ outerOrderNo: '', bizCode: 'FACE', identityParam, merchantConfig: {} });
// @ts-expect-error a client is required
cloud.init({});

export const typed: Cloud = cloud;

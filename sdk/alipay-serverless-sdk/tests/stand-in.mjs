import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { createCloud } = require('../lib/cloud.js');

/** A cloud of its own over a client that records what it is asked and answers as told. */
export function cloudOver(answer, options) {
  const calls = [];
  const client = {
    function: {
      async invoke(target, args) {
        calls.push({ target, args: structuredClone(args) });
        return typeof answer === 'function' ? answer(target, args) : { success: true, result: answer };
      },
    },
  };
  const cloud = createCloud();
  cloud.init(client, options);
  return { cloud, calls };
}

export const person = () => ({
  identityType: 'CERT_INFO',
  certType: 'IDENTITY_CARD',
  certName: '张测试',
  certNo: '11000019900307001X',
});

export const order = () => ({
  outerOrderNo: 'order0001',
  bizCode: 'FACE',
  identityParam: person(),
  merchantConfig: { returnUrl: 'www.taobao.com' },
});

export const snakeOrder = () => ({
  $config: {},
  outer_order_no: 'order0001',
  biz_code: 'FACE',
  identity_param: {
    identity_type: 'CERT_INFO',
    cert_type: 'IDENTITY_CARD',
    cert_name: '张测试',
    cert_no: '11000019900307001X',
  },
  merchant_config: { return_url: 'www.taobao.com' },
});

export function deepFreeze(value) {
  if (value !== null && typeof value === 'object') Object.values(value).forEach(deepFreeze);
  return Object.freeze(value);
}

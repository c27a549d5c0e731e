// Certifications to ask for. Every identity is invented.

import { randomUUID } from 'node:crypto';

export const orderNo = () => `conf${randomUUID().replaceAll('-', '').slice(0, 28)}`;

export const person = () => ({
  identityType: 'CERT_INFO',
  certType: 'IDENTITY_CARD',
  certName: '张测试',
  certNo: '11000019900307001X',
});

/** The arguments of `init`, for a new order unless one is named. */
export const order = (outerOrderNo = orderNo()) => ({
  outerOrderNo,
  bizCode: 'FACE',
  identityParam: person(),
  merchantConfig: { returnUrl: 'https://merchant.example/done' },
});

export const CERTIFY_ID = /^[0-9a-f]{32}$/;
export const UNKNOWN_ID = 'c0ffee00c0ffee00c0ffee00c0ffee00';

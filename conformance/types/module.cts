// The same package from CommonJS: the default export, and the module as the object itself.

import cloud from 'alipay-serverless-sdk';
import sdk = require('alipay-serverless-sdk');

export const byDefault: Promise<{ passed?: string }> = cloud.member.identification.query('');
export const byModule: Promise<{ body?: string }> = sdk.member.identification.certify('');
export const same: typeof cloud = sdk.default;

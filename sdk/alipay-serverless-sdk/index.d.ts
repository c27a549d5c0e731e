import type { Cloud } from './types';

declare const cloud: Cloud;

export default cloud;
export type * from './types';

// `require('alipay-serverless-sdk')` is the object itself.
export declare const init: Cloud['init'];
export declare const member: Cloud['member'];
export declare const Member: Cloud['Member'];
export declare const util: Cloud['util'];
export declare const Util: Cloud['Util'];

import type { Cloud } from './types.js';

declare const cloud: Cloud;

export default cloud;
export type * from './types.js';

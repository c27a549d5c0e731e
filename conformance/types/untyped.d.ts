// What the types of @alicloud/mpserverless-sdk refer to and do not bring along.

declare module 'parameter' {
  export default class Parameter {
    [member: string]: any;
  }
}

declare module '@alicloud/mp-proxy-service' {
  export class ProxyService {}
}

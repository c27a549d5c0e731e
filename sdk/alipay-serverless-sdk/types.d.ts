/** What the cloud calls need of a client: `@alicloud/mpserverless-sdk` has it. */
export interface ServerlessClient {
  function: {
    invoke(functionTarget: string, functionArgs?: any): Promise<any>;
  };
}

export interface InitOptions {
  notify?: { url: string };
  env?: string;
}

/** Steers one call. A page must not pass `appAuthToken`: it is for cloud functions only. */
export interface CallOptions {
  authToken?: string;
  notifyUrl?: string;
  env?: string;
  appAuthToken?: never;
}

export type BizCode = 'FACE' | 'CERT_PHOTO' | 'CERT_PHOTO_FACE' | 'SMART_FACE';

export interface IdentityParam {
  identityType: 'CERT_INFO' | (string & {});
  certType: 'IDENTITY_CARD' | (string & {});
  certName: string;
  certNo: string;
}

export interface MerchantConfig {
  returnUrl: string;
}

export interface InitParams {
  outerOrderNo: string;
  bizCode: BizCode | (string & {});
  identityParam: IdentityParam;
  merchantConfig: MerchantConfig;
  appAuthToken?: never;
}

export interface CertifyIdParams {
  certifyId: string;
  appAuthToken?: never;
}

/** `code` is `'10000'` on success. A business failure resolves too, with `subCode` and `subMsg`. */
export interface Answer {
  code: string;
  msg: string;
  subCode?: string;
  sub_code?: string;
  subMsg?: string;
  sub_msg?: string;
}

export interface InitAnswer extends Answer {
  certifyId?: string;
  certify_id?: string;
}

/** On success only `body`, the link; on a business failure the members of `Answer` and no `body`. */
export interface CertifyAnswer extends Partial<Answer> {
  body?: string;
}

export interface QueryAnswer extends Answer {
  /** `'T'` passed; `'F'` failed or not done yet. */
  passed?: string;
  identityInfo?: string;
  identity_info?: string;
  materialInfo?: string;
  material_info?: string;
  failReason?: string;
  fail_reason?: string;
}

export interface Identification {
  init(params: InitParams, options?: CallOptions): Promise<InitAnswer>;
  /** The form before 1.0.0. */
  init(
    outerOrderNo: string,
    bizCode: BizCode | (string & {}),
    identityParam: IdentityParam,
    merchantConfig: MerchantConfig,
    options?: CallOptions,
  ): Promise<InitAnswer>;

  certify(params: CertifyIdParams, options?: CallOptions): Promise<CertifyAnswer>;
  /** The form before 1.0.0. */
  certify(certifyId: string, options?: CallOptions): Promise<CertifyAnswer>;

  query(params: CertifyIdParams, options?: CallOptions): Promise<QueryAnswer>;
  /** The form before 1.0.0. */
  query(certifyId: string, options?: CallOptions): Promise<QueryAnswer>;
}

export interface Generic {
  /** Any OpenAPI method that the server serves. */
  execute(method: string, params?: Record<string, any>, options?: CallOptions): Promise<any>;
}

/** Other services of Alipay's. The server serves them where it is set up to call Alipay, and says so where it is not. */
export type Services = Record<string, Record<string, (...args: any[]) => Promise<any>>>;

export type Failure = Error & {
  /** A gateway code such as `SignatureNotMatch`, or one of ours. */
  code: string | number;
};

export interface Cloud {
  init(mpServerless: ServerlessClient, options?: InitOptions): void;

  member: { identification: Identification };
  Member: { identification: Identification; Identification: Identification };
  util: { generic: Generic };
  Util: { generic: Generic; Generic: Generic };

  base: Services;
  Base: Services;
  marketing: Services;
  Marketing: Services;
  payment: Services;
  Payment: Services;
  fund: Services;
  Fund: Services;
  security: Services;
  Security: Services;
  aliyun: Services;
  Aliyun: Services;
  instantdelivery: Services;
  Instantdelivery: Services;
  merchant: Services;
  Merchant: Services;
  mini: Services;
  Mini: Services;
}

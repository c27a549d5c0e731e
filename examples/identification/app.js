import MPServerless from '@alicloud/mpserverless-sdk';
import cloud from 'alipay-serverless-sdk';
import settings from './settings';

const serverless = new MPServerless(my, settings);
cloud.init(serverless);

App({
  onLaunch() {
    // Pages wait for this before their first call.
    this.signedIn = serverless.init();
  },
});

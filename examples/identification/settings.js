// What `certifyd dev` prints in its banner.
export default {
  appId: 'appId from the banner',
  spaceId: 'spaceId from the banner',
  clientSecret: 'clientSecret from the banner',
  endpoint: 'http://127.0.0.1:3636',
};

'use strict';
// url: the WHATWG classes and the legacy functions under one name.

module.exports = {
  ...require('url_whatwg'),
  URLSearchParams: require('url_search_params').URLSearchParams,
  ...require('url_legacy'),
  domainToASCII: (domain) => native.domainToASCII(`${domain}`) || '',
  domainToUnicode: (domain) => require('punycode').toUnicode(native.domainToASCII(`${domain}`) || ''),
};

'use strict';

const { isRecord, toSnake } = require('./spelling.js');
const { tokenNotAllowed } = require('./errors.js');

/** Members that steer a call and are not business parameters, in both spellings. */
const CONTROL = [
  '$config',
  'appAuthToken',
  'app_auth_token',
  'authToken',
  'auth_token',
  'notifyUrl',
  'notify_url',
  'env',
  'appId',
  'app_id',
  'isvAppId',
  'isv_app_id',
];

function isGiven(value) {
  return value !== undefined && value !== null && value !== '';
}

function recordOrEmpty(value) {
  return isRecord(value) ? value : {};
}

/** Refuses a merchant's token wherever a page could put it. */
function refuseAppAuthToken(call, ...carriers) {
  for (const carrier of carriers) {
    const outer = recordOrEmpty(carrier);
    for (const holder of [outer, recordOrEmpty(outer.$config)]) {
      if (isGiven(holder.appAuthToken) || isGiven(holder.app_auth_token)) throw tokenNotAllowed(call);
    }
  }
}

/** The first given value among the records, most important record first. */
function pick(records, ...names) {
  for (const record of records) {
    for (const name of names) {
      if (isGiven(record[name])) return record[name];
    }
  }
  return undefined;
}

/** The steering part of a call; what stands beside the parameters wins over what `cloud.init` was told. */
function configOf(given, chosen, preset) {
  const $config = {};
  const notifyUrl =
    pick([chosen, given], 'notifyUrl', 'notify_url') ||
    pick([recordOrEmpty(chosen.notify), recordOrEmpty(preset.notify)], 'url');
  const env = pick([chosen, given, preset], 'env');
  const authToken = pick([chosen, given], 'authToken', 'auth_token');
  if (notifyUrl !== undefined) $config.notify = { url: notifyUrl };
  if (env !== undefined) $config.env = env;
  if (authToken !== undefined) $config.authToken = authToken;
  return $config;
}

/** The `functionArgs` of one cloud call. `extra` joins the parameters as it is. */
function functionArgs(call, method, { params, options, defaults, extra }) {
  refuseAppAuthToken(call, params, options);

  const given = recordOrEmpty(params);
  const chosen = recordOrEmpty(options);
  const preset = recordOrEmpty(defaults);

  const business = {};
  for (const name of Object.keys(given)) {
    if (!CONTROL.includes(name)) business[name] = given[name];
  }

  const $config = configOf(given, chosen, preset);
  const args = { method, params: Object.assign({ $config }, toSnake(business), extra) };
  const appId = pick([chosen, given, preset], 'appId', 'app_id');
  const isvAppId = pick([chosen, given, preset], 'isvAppId', 'isv_app_id');
  if (appId !== undefined) args.appId = appId;
  if (isvAppId !== undefined) args.isvAppId = isvAppId;
  return args;
}

module.exports = { functionArgs, refuseAppAuthToken };

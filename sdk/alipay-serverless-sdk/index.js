'use strict';

const { createCloud } = require('./lib/cloud.js');

// One instance per program: the app file calls `cloud.init`, pages import the same object.
const cloud = createCloud();

// `require(...)`, `require(...).default` and a transpiled `import` all reach this object.
Object.defineProperty(cloud, '__esModule', { value: true });
Object.defineProperty(cloud, 'default', { value: cloud });

module.exports = cloud;

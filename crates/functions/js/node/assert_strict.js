'use strict';
// assert/strict: the strict half of assert under its own name.

module.exports = require('assert').strict;

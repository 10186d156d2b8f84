// Loads tfjs-node out of the folder that this file has been installed into.

const util = require('node:util');

// tfjs-node calls two functions, at its start and later, that Node 23 removed.
const removed = /** @type {Record<string, unknown>} */ (/** @type {unknown} */ (util));
removed.isArray ??= Array.isArray;
removed.isNullOrUndefined ??= (/** @type {unknown} */ value) => value === null || value === undefined;

// TensorFlow writes on stderr which instructions of the processor it uses: errors only, unless somebody asks.
process.env.TF_CPP_MIN_LOG_LEVEL ??= '3';

module.exports = require('@tensorflow/tfjs-node');

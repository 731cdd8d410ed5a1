/**
 * `websocketbridge.js` for ES modules: import { WebSocketBridge } from this file.
 *
 * No example of that here: Django's ManifestStaticFilesStorage reads imports in comments too,
 * and a file that seems to import itself never gets a hash.
 */
import "./websocketbridge.js";

export const { WebSocketBridge } = globalThis.channels;

// A doorway to index.js, so that both module systems share the one instance.
import cloud from './index.js';

export default cloud;

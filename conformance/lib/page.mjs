// Loads a page of a mini-program project, as its developer tool would, and gives the object that the page registered.

import { readFileSync } from 'node:fs';
import vm from 'node:vm';

const IMPORT = /^import (\w+) from '([^']+)';$/gm;

/** `modules` answers the page's imports; `globals` is what the runtime offers: `my`, `getApp`. */
export function loadPage(path, { modules, globals }) {
  let registered;
  const context = vm.createContext({
    ...globals,
    modules,
    console,
    Page: (page) => {
      registered = page;
    },
  });
  const source = readFileSync(path, 'utf8').replace(IMPORT, "const $1 = modules['$2'];");
  vm.runInContext(`(() => {${source}\n})()`, context, { filename: path });

  registered.setData = (changes) => Object.assign(registered.data, changes);
  return registered;
}

import test from 'node:test';
import assert from 'node:assert';
import { inside, lit, same, seeded } from './loader.mjs';

test('path', () => {
  const r = seeded(11);
  const paths = ['', '.', '..', '/', '//', '///', 'a', '/a', 'a/', '/a/b/c.txt', 'a//b', './a', '../a', 'a/..', 'a/../..', '/..', '/../a', 'a/./b/../c/', '.bashrc', 'a.b.c', 'a.', '.a.', '..a', 'a/.b', 'a/b.', '/a.b/c', 'file.tar.gz', '//a', '//a/b', '///a///'];
  for (let i = 0; i < 150; i++) paths.push(r.text(['a', 'b', '/', '/', '.', '..', '.x', 'c.js'], 9));
  const sources = paths.flatMap((p) => ['normalize', 'dirname', 'basename', 'extname', 'parse', 'isAbsolute'].map((f) => `require('path').${f}(${lit(p)})`));
  for (const p of paths) {
    const q = r.pick(paths);
    sources.push(`require('path').join(${lit(p)},${lit(q)},${lit(r.pick(paths))})`, `require('path').resolve('/base',${lit(p)},${lit(q)})`,
      `require('path').relative('/'+${lit(p)},'/'+${lit(q)})`, `require('path').basename(${lit(p)},${lit(r.pick(['.js', 'c.js', '', 'a', '.', '.x', p]))})`,
      `require('path').format(require('path').parse(${lit(p)}))`);
  }
  sources.push("require('path').join()", "require('path').join(1)", "require('path').format({dir:'/a',name:'b',ext:'c'})", "require('path').format({root:'/',base:'x'})", "require('path').format({})", "require('path').format(1)",
    "require('path').sep+require('path').delimiter", "require('path').posix===require('path')", "require('path').basename(null)", "require('path').parse(1)");
  // Two oddities of Node are left out: parse('/..') finds an extension '.', and
  // basename('//', suffix) gives the slashes back.
  same(sources.filter((s) => !/parse\("\/\.\.\/*"\)$/.test(s) && !/basename\("\/+","[^/"]+"\)/.test(s)));
});
test('querystring', () => {
  const r = seeded(12);
  const sources = ['a=1&b=2', 'a=1&a=2&a=3', 'a', 'a=', '=a', '&&a=1&', 'a%20b=c+d', '%zz=%', '%E6%97=1', 'a=b=c', '', 'a[]=1', '__proto__=1', 'constructor=2', 'a;b=1']
    .map((q) => `require('querystring').parse(${lit(q)})`);
  for (let i = 0; i < 200; i++) {
    // A stray '%' next to characters above U+007F can make Node garble those.
    const q = r.text(['a', 'b', '=', '&', '%20', '%C3%A9', ';', '%C3', '+', ...(r.below(2) ? ['%'] : ['é', '日'])], 12);
    sources.push(`require('querystring').parse(${lit(q)})`, `require('querystring').parse(${lit(q)},';','b')`, `require('querystring').escape(${lit(q)})`, `require('querystring').unescape(${lit(q)})`);
  }
  sources.push("require('querystring').parse('a=1&b=2&c=3',null,null,{maxKeys:2})", "require('querystring').parse('a=1&b=2&c=3',null,null,{maxKeys:0})", "require('querystring').parse('a:1;b:2',';',':')", "require('querystring').parse(5)",
    "require('querystring').parse('a=%41',null,null,{decodeURIComponent:x=>'<'+x+'>'})", "Object.getPrototypeOf(require('querystring').parse('a'))", "Object.keys(require('querystring').parse(Array.from({length:1200},(_, i)=>'k'+i).join('&'))).length",
    "require('querystring').stringify({a:1,b:'x y',c:[1,'é'],d:null,e:undefined,f:true,g:NaN,h:5n,i:{},j:[]})", "require('querystring').stringify({a:1,b:2},';',':')", "require('querystring').stringify('x')", "require('querystring').stringify({a:'\\ud800'})",
    "require('querystring').stringify({a:'é'},null,null,{encodeURIComponent:x=>'['+x+']'})", "require('querystring').stringify({\"k&\":\"!'()*-._~\"})", "require('querystring').escape({toString(){return 'a b'}})", "require('querystring').escape(5)");
  same(sources);
});
test('URLSearchParams', () => {
  const r = seeded(13);
  const U = "new (require('url').URLSearchParams)";
  const sources = ['""', '"a=1&b=2"', '"?a=1"', '"??a"', '{a:1,b:[1,2]}', '[["a","1"],["a","2"]]', 'new Map([["x",1]])', '[["a"]]', '5', 'null', 'undefined', '[1]', '{[Symbol("s")]:1}', '"%zz=%E6%97&+=+"', `${U}("q=1")`, 'function(){}', '{"\\ud800":"\\ud800"}']
    .flatMap((i) => [`String(${U}(${i}))`, `[...${U}(${i})]`, `${U}(${i}).size`]);
  for (let i = 0; i < 150; i++) {
    // Node garbles characters above U+007F next to a stray '%'; ours keeps them.
    const q = r.text(['a', 'b', 'c', '=', '=', '&', '&', '%20', '+', '~', '*', ...(r.below(2) ? ['%'] : ['é', '😀'])], 14);
    const steps = Array.from({ length: r.below(5) }, () => r.pick(['p.append("a","x y")', 'p.delete("a")', 'p.set("b","2")', 'p.sort()', 'p.set("é","é&=")', 'p.delete("a","x y")', 'p.append("c",5)'])).join(';');
    sources.push(`(p=>{${steps};return [p.toString(),[...p.keys()],[...p.values()],p.get('a'),p.getAll('b'),p.has('c'),p.has('a','x y'),p.size]})(${U}(${lit(q)}))`);
  }
  sources.push(`${U}().append('a')`, `${U}().get()`, `${U}('a=1&b=2').forEach(5)`, `(l=>{${U}('a=1&b=2').forEach((v,k)=>l.push(k+v));return l})([])`, `require('util').inspect(${U}('a=1&b=2'))`, `require('util').inspect(${U}())`,
    `Object.prototype.toString.call(${U}())`, `Object.prototype.toString.call(${U}().keys())`, `Object.keys(require('url').URLSearchParams.prototype)`, `require('url').URLSearchParams.prototype.get.call({},'a')`, `typeof ${U}()[Symbol.iterator]`,
    `(p=>{const o=[];for(const [k] of p){o.push(k);if(o.length===1)p.append('z','9')}return o})(${U}('a=1&b=2'))`);
  same(sources);
});
test('URL', () => {
  const U = "new (require('url').URL)";
  const urls = ['http://u:p@host:81/p/a?q=1&r=2#h', 'https://example.com', 'file:///a/b', 'mailto:x@y.z', 'nope', 'http://é.com/é?é#é', 'HTTP://EX.com:80/../a/./b', 'data:text/plain,hi'];
  const sources = urls.flatMap((u) => [`${U}(${lit(u)}).href`, `JSON.stringify(${U}(${lit(u)}))`, `require('util').inspect(${U}(${lit(u)}))`, `require('url').URL.canParse(${lit(u)})`, `(u=>[u.protocol,u.username,u.password,u.host,u.hostname,u.port,u.pathname,u.search,u.hash,u.origin,[...u.searchParams]])(${U}(${lit(u)}))`]);
  for (const [part, value] of [['hash', 'x'], ['search', '?a=b'], ['search', ''], ['pathname', 'zz'], ['port', '99'], ['host', 'a.b:5'], ['hostname', 'q'], ['protocol', 'https'], ['username', 'me'], ['password', 'pw'], ['href', 'http://new/'], ['href', 'bad'], ['port', 'x']]) {
    sources.push(`(u=>{u.searchParams;u[${lit(part)}]=${lit(value)};return [u.href,String(u.searchParams)]})(${U}(${lit(urls[0])}))`);
  }
  sources.push(`(u=>{u.searchParams.append('x','y z');u.searchParams.delete('q');return u.href})(${U}(${lit(urls[0])}))`, `(u=>{const p=u.searchParams;u.search='?n=1';p.append('m','2');return [u.href,p===u.searchParams,u.search]})(${U}(${lit(urls[0])}))`,
    `(u=>{u.searchParams.delete('q');u.searchParams.delete('r');return u.href})(${U}(${lit(urls[0])}))`, `${U}('/x','http://a.b/c').href`, `${U}('x','nope')`, `${U}()`, `(()=>{try{${U}('nope')}catch(e){return [e.message,e.input,e.code]}})()`, `String(${U}('http://a'))`,
    `Object.prototype.toString.call(${U}('http://a'))`, `${U}({toString(){return 'http://obj/'}}).href`, `Object.keys(${U}('http://a'))`);
  for (const f of ['file:///a/b%20c', 'http://x/', 'file://host/a', 'file:///a%2fb', '/plain']) sources.push(`require('url').fileURLToPath(${lit(f)})`);
  for (const f of ['/a b/c', '/a%b?c#d', '/é\\x/', '/a/']) sources.push(`require('url').pathToFileURL(${lit(f)}).href`);
  sources.push("require('url').domainToASCII('español.com')", "require('url').domainToASCII('xn--iñvalid.com')", "require('url').domainToUnicode('xn--espaol-zwa.com')", `require('url').urlToHttpOptions(${U}('http://u:p@h:8/p?q#f')).auth`,
    `require('url').format(${U}('http://u:p@xn--espaol-zwa.com/p?q#f'),{auth:false,fragment:false,search:false,unicode:true})`, `require('url').format(${U}('http://a/b?c#d'))`);
  same(sources);
});
const LEGACY = ['http://user:pass@host.com:8080/p/a/t/h?query=string#hash', 'HTTP://Example.COM', 'http://a.com?x', 'http://a.com#x', 'http://a.com/b c', '/a/b?c=d#e', '//host/path', '//host/path?x', 'a/b', '', '?q', '#h', '?a=b#c', 'mailto:foo@bar.com', 'javascript:alert(1)',
  'file:///etc/passwd', 'file://localhost/etc', 'http://[::1]:80/x', 'http://[::1]/x', 'http://a.com:/x', 'http://a@b@c/', 'http://a.b/?c=d@e', 'http://é.com/é', 'xmpp:user@host.com', 'svn+ssh://foo/bar', 'dash-test:foo/bar', 'http:\\\\a.com\\b\\c?d\\e', '  http://a.com/  ',
  "http://a.com/'x'", 'http://a.com/{x}|y`z^', 'coap:u:p@::1:61616/.well-known', 'http:a/b', 'http:/a/b', 'git+http://user:pass@host/x', 'http://a.com/x?y={z}#w<', 'tel:+123', 'http://x.com:8080', 'http://a_b.com/', 'http://-a-.com', 'blob:http://a/b', 'http://x:1/' + ' y', 'about:blank', 'http://a.b/\tbc',
  'http://nodejs.org/?a=1;b=2', '/x?y?z#a#b', 'ws://a/b', 'http://a%b.com/x', 'http://a.com:99x/y', 'http://exa mple/x', 'http://a,b/c', 'http://a;b/c', 'http://a!b/c', 'x:y', 'localhost:3000/x', '127.0.0.1:80', 'user@host', '//user@host/x', 'http://a.com/%20%7Bx', "javascript:a='b'#c"];
test('legacy url.parse and url.format', () => {
  const sources = LEGACY.flatMap((u) => [`require('url').parse(${lit(u)})`, `require('url').parse(${lit(u)},true)`, `require('url').parse(${lit(u)},false,true)`, `require('url').format(require('url').parse(${lit(u)}))`, `require('url').format(${lit(u)})`]);
  sources.push("require('url').parse(5)", "require('url').parse('a').constructor.name", "Object.keys(require('url').parse('a'))");
  for (const o of ['{}', '{protocol:"http",host:"a.com",pathname:"b",query:{x:1,y:[1,2]}}', '{protocol:"https:",hostname:"::1",port:80,search:"a",hash:"b"}', '{pathname:"/a?b#c",search:"?d#e"}', '{protocol:"mailto",auth:"x:y",host:"h"}', '{slashes:true,host:"h"}', '{auth:"a:b@c",hostname:"h"}', '{protocol:"file",pathname:"/x"}', '5', 'null']) sources.push(`require('url').format(${o})`);
  same(sources);
});
test('legacy url.resolve', () => {
  const bases = ['/one/two/three', 'http://example.com/', 'http://example.com/one', 'http://a.com/b/c/d', 'http://a.com/b/c/d;p?q#f', 'a/b/c', '.', '', 'mailto:local1@domain1', 'http://u:p@a.com/x', 'file:///a/b', 'http://a.com', '/', 'foo:a/b', 'http://a.com/b?c', 'x/y?z', 'zx://ww.hi/good/yes'];
  const refs = ['four', '/one', '../x', './x', '.', '..', '../../..', '?q', '#f', '', '//h/p', 'http://b.com/z', 'https:x', 'g:h', 'g;x=1/../y', '/..', 'a//b', 'mailto:l2@d2', '/a/../b/./c', 'x?y#z', 'http:x', 'http:/x', '../../../../g', 'g/', './', '//', 'javascript:x', 'local2@domain2', '?', '#', './/x', 'file:/x', 'u:p@h'];
  same(bases.flatMap((b) => refs.map((r) => `require('url').resolve(${lit(b)},${lit(r)})`)));
});
test('punycode', () => {
  const words = ['mañana', '日本語', 'ü', '☃-⌘', 'abc', '', '😀a', 'Bahn-hof-ß', '한국어'];
  same(words.flatMap((w) => [`require('punycode').encode(${lit(w)})`, `require('punycode').decode(require('punycode').encode(${lit(w)}))`, `require('punycode').toUnicode(require('punycode').toASCII(${lit(`${w}.com`)}))`, `require('punycode').ucs2.decode(${lit(w)})`]).filter((s) => !/toASCII\("(Bahn|😀|\.com)/.test(s)));
  same(["require('punycode').toASCII('mañana.com')", "require('punycode').toASCII('a@mañana.com')", "require('punycode').decode('*')", "require('punycode').ucs2.encode([128512,97])", "require('punycode').toUnicode('xn--maana-pta.com')"]);
  assert.equal(inside("require('punycode').version"), '2.1.0');
});

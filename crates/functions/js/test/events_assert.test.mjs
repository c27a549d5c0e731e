import test from 'node:test';
import assert from 'node:assert';
import { inside, same } from './loader.mjs';

const E = "(require('events'))";
test('events', () => {
  same([
    `(e=>{const l=[];e.on('a',(...x)=>l.push(x));return [e.emit('a',1,2,3,4,5),e.emit('b'),l]})(new ${E})`,
    `(e=>{const l=[];e.on('a',()=>l.push(1));e.prependListener('a',()=>l.push(0));e.once('a',()=>l.push(2));e.prependOnceListener('a',()=>l.push(-1));e.emit('a');e.emit('a');return l})(new ${E})`,
    `(e=>{const l=[],f=()=>l.push(1);e.on('a',f);e.on('a',f);e.off('a',f);e.emit('a');return [l,e.listenerCount('a')]})(new ${E})`,
    `(e=>{const l=[];e.on('newListener',(n,f)=>l.push(['new',n,e.listenerCount(n)]));e.on('removeListener',n=>l.push(['rm',n]));const f=()=>1;e.on('a',f);e.once('b',f);e.emit('b');e.off('a',f);e.off('a',f);return l})(new ${E})`,
    `new ${E}().emit('error',new TypeError('boom'))`, `new ${E}().emit('error','text')`, `new ${E}().emit('error')`, `new ${E}().emit('error',{a:1})`,
    `(e=>{let got;e.on('error',x=>{got=x});return [e.emit('error',5),got]})(new ${E})`, `(e=>{let got;e.on(${E}.errorMonitor,x=>{got=x});try{e.emit('error',5)}catch(x){return [got,x.code]}})(new ${E})`,
    `(e=>{e.on('a',()=>{});e.once('b',()=>{});e.on(Symbol.for('s'),()=>{});return [e.eventNames().map(String),e.listeners('b').length,e.rawListeners('b')[0].listener!==undefined]})(new ${E})`,
    `(e=>{e.on('a',()=>{});e.on('b',()=>{});e.removeAllListeners('a');const x=e.eventNames();e.removeAllListeners();return [x,e.eventNames()]})(new ${E})`,
    `(e=>{const l=[];e.on('removeListener',(n,f)=>l.push(n+f()));e.on('a',()=>1);e.on('a',()=>2);e.on('b',()=>3);e.removeAllListeners();return [l,e.eventNames()]})(new ${E})`,
    `new ${E}().on('a',5)`, `new ${E}().off('a')`, `new ${E}().once('a',null)`, `new ${E}().setMaxListeners(-1)`, `new ${E}().setMaxListeners('x')`, `(e=>[e.getMaxListeners(),e.setMaxListeners(3).getMaxListeners(),e.setMaxListeners(0).getMaxListeners()])(new ${E})`,
    `${E}.defaultMaxListeners`, `${E}.EventEmitter===${E}`, `${E}.listenerCount(new ${E},'x')`, `(()=>{function F(){${E}.call(this)} require('util').inherits(F,${E});const f=new F;let n=0;f.on('x',()=>n++);f.emit('x');return [n,f instanceof ${E},Object.keys(f)]})()`,
    `(()=>{class F extends ${E}{} const f=new F;let t;f.on('x',function(){t=this===f});f.emit('x');return t})()`, `(()=>{function F(){} require('util').inherits(F,${E});const f=new F;let n=0;f.on('x',()=>n++);f.emit('x');return n})()`,
    `(()=>{const o=Object.assign({},${E}.prototype);let n=0;o.on('x',()=>n++);o.emit('x');return n})()`,
    `(e=>{const l=[];e.on('a',()=>{l.push(1);e.on('a',()=>l.push('late'))});e.emit('a');return l})(new ${E})`, `(e=>{const l=[];const f=()=>l.push('f');e.on('a',()=>{l.push(1);e.off('a',f)});e.on('a',f);e.emit('a');e.emit('a');return l})(new ${E})`,
    `(e=>{e.on('a',()=>{throw new RangeError('x')});e.emit('a')})(new ${E})`, `(e=>{e.once('a',()=>e.emit('a'));return e.emit('a')})(new ${E})`, `(e=>e.on('a',()=>{})===e&&e.off('a',()=>{})===e)(new ${E})`, `new ${E}().listenerCount('x')`,
    `(e=>{const f=()=>{};e.on('a',f);e.on('a',()=>{});return e.listenerCount('a',f)})(new ${E})`, `(e=>{e.on('__proto__',()=>{});return e.eventNames()})(new ${E})`, `(e=>{let n=0;e.on('toString',()=>n++);e.emit('toString');return [n,e.emit('hasOwnProperty')]})(new ${E})`,
    `(e=>{const r=[];e.once('x',function(){r.push(1)});const raw=e.rawListeners('x')[0];raw();e.emit('x');return r})(new ${E})`,
  ]);
});
test('events, promises', async () => {
  assert.deepEqual(await inside(`(e=>{setTimeout(()=>e.emit('a',1,2),1);return ${E}.once(e,'a').then(x=>x.join())})(new ${E})`), '1,2');
  await assert.rejects(inside(`(e=>{queueMicrotask(()=>e.emit('error',new TypeError('no')));return ${E}.once(e,'a')})(new ${E})`), { message: 'no' });
  assert.equal(await inside(`(async e=>{const l=[];setTimeout(()=>{e.emit('a',1);e.emit('a',2)},1);for await(const [x] of ${E}.on(e,'a')){l.push(x);if(l.length===2)break}return l.join()+e.listenerCount('a')})(new ${E})`), '1,20');
});
test('events, leak warning', () => {
  assert.match(inside(`(e=>{const seen=[];globalThis.process={emitWarning:w=>seen.push(String(w))};for(let i=0;i<12;i++)e.on('a',()=>{});delete globalThis.process;return seen.join('|')})(new ${E})`), /^MaxListenersExceededWarning: [^|]*11 a listeners[^|]*$/);
});

const A = "require('assert')";
test('assert', () => {
  const values = ['1', '"1"', '0', '-0', 'NaN', 'null', 'undefined', '""', 'false', '[]', '[1]', '["1"]', '{}', '{a:1}', '{a:"1"}', 'new Date(0)', 'new Set([1])', 'new Set(["1"])', 'new Map([["a",1]])', 'new Map([["a","1"]])', 'Buffer.from([1])', 'new Error("a")', '/a/', 'new (class X{})', 'Object(1)', '[null]', '[undefined]', '1n', 'new Map([[{},1]])', 'new Set([{a:1}])', 'new Set([{a:"1"}])'];
  const names = ['equal', 'notEqual', 'strictEqual', 'notStrictEqual', 'deepEqual', 'notDeepEqual', 'deepStrictEqual', 'notDeepStrictEqual'];
  const sources = names.flatMap((n) => values.flatMap((a) => values.map((b) => `${A}.${n}(${a},${b})`)));
  const details = (call) => `(()=>{try{${call};return 'ok'}catch(e){return [e.name,e.code,e.operator,e.generatedMessage,Object.keys(e),e instanceof ${A}.AssertionError,e instanceof Error]}})()`;
  const message = (call) => `(()=>{try{${call};return 'ok'}catch(e){return e.message}})()`;
  sources.push(...names.map((n) => `${A}.${n}(1)`), ...['0', '1', '', '"x"', 'null,"msg"', 'NaN,new TypeError("own")'].flatMap((v) => [`${A}(${v})`, `${A}.ok(${v})`, `${A}.strict(${v})`]));
  const calls = [`${A}.equal(1,2)`, `${A}.equal(1,2,'m')`, `${A}.deepStrictEqual({a:1},{a:2})`, `${A}.strictEqual(1,2)`, `${A}(0)`, `${A}.ok(0,'m')`, `${A}.fail()`, `${A}.fail('x')`, `${A}.fail(new RangeError('r'))`, `${A}.ifError(null)`, `${A}.ifError(undefined)`, `${A}.ifError(new Error('x'))`, `${A}.ifError('s')`, `${A}.ifError(0)`,
    `${A}.match('abc',/b/)`, `${A}.match('abc',/x/)`, `${A}.match(5,/x/)`, `${A}.match('a','a')`, `${A}.doesNotMatch('abc',/x/)`, `${A}.doesNotMatch('abc',/b/)`, `${A}.doesNotMatch('abc',/b/,'m')`,
    `${A}.throws(()=>{throw new Error('x')})`, `${A}.throws(()=>{})`, `${A}.throws(()=>{},'m')`, `${A}.throws(()=>{},TypeError)`, `${A}.throws(()=>{throw new Error('x')},Error)`, `${A}.throws(()=>{throw new Error('x')},TypeError)`, `${A}.throws(()=>{throw new Error('x')},/x/)`, `${A}.throws(()=>{throw new Error('x')},/y/)`,
    `${A}.throws(()=>{throw new Error('x')},{message:'x'})`, `${A}.throws(()=>{throw new Error('x')},{message:/x/,name:'Error'})`, `${A}.throws(()=>{throw new Error('x')},{message:'y'})`, `${A}.throws(()=>{throw new Error('x')},{})`, `${A}.throws(()=>{throw new Error('x')},e=>e.message==='x')`, `${A}.throws(()=>{throw new Error('x')},e=>false)`,
    `${A}.throws(()=>{throw new Error('x')},'x')`, `${A}.throws(()=>{throw new Error('x')},'other')`, `${A}.throws(5)`, `${A}.throws(()=>{throw null})`, `${A}.throws(()=>{throw 'str'},/str/)`, `${A}.throws(()=>{throw 'str'},{a:1})`, `${A}.throws(()=>{throw new Error('x')},new Error('x'))`, `${A}.throws(()=>{throw new Error('x')},new Error('y'))`, `${A}.throws(()=>{throw new Error('x')},5)`,
    `${A}.doesNotThrow(()=>{})`, `${A}.doesNotThrow(()=>{throw new Error('x')})`, `${A}.doesNotThrow(()=>{throw new Error('x')},'m')`, `${A}.doesNotThrow(()=>{throw new Error('x')},TypeError)`, `${A}.strict.equal(1,'1')`, `${A}.strict.deepEqual([1],['1'])`, `${A}.strict.strict===${A}.strict`, `require('assert/strict').equal(1,'1')`, `new ${A}.AssertionError({message:'m',actual:1,expected:2,operator:'o'}).code`, `new ${A}.AssertionError(5)`];
  sources.push(...calls, ...calls.map(details));
  // Messages of the simple forms agree as well; the longer diffs are laid out differently.
  const texts = [`${A}.equal(1,2)`, `${A}.notEqual(1,1)`, `${A}.strictEqual(1,2)`, `${A}.strictEqual('a','b')`, `${A}.notStrictEqual(1,1)`, `${A}.fail()`, `${A}.ifError(new Error('x'))`, `${A}.ifError('s')`, `${A}.throws(()=>{})`, `${A}.throws(()=>{},'m')`, `${A}.throws(()=>{},TypeError)`, `${A}.throws(()=>{},TypeError,'m')`,
    `${A}.throws(()=>{throw new Error('x')},TypeError)`, `${A}.throws(()=>{throw new Error('x')},/y/)`, `${A}.doesNotThrow(()=>{throw new Error('x')})`, `${A}.doesNotThrow(()=>{throw new Error('x')},'m')`, `${A}.match('abc',/x/)`, `${A}.doesNotMatch('abc',/b/)`, `${A}.equal(1)`, `${A}.ok()`, `${A}.deepEqual({a:1},{a:2},'mine')`, `${A}.equal({a:1},{a:1})`];
  sources.push(...texts.map(message));
  same(sources);
});
test('assert, promises', async () => {
  const got = (source) => inside(`(async()=>{try{await (${source});return 'ok'}catch(e){return e.name+' '+e.code+' '+(e.operator||'')}})()`);
  assert.equal(await got(`${A}.rejects(Promise.reject(new Error('x')))`), 'ok');
  assert.equal(await got(`${A}.rejects(async()=>{throw new Error('x')},/x/)`), 'ok');
  assert.equal(await got(`${A}.rejects(async()=>{})`), 'AssertionError ERR_ASSERTION rejects');
  assert.equal(await got(`${A}.rejects(()=>5)`), 'TypeError ERR_INVALID_RETURN_VALUE ');
  assert.equal(await got(`${A}.rejects(5)`), 'TypeError ERR_INVALID_ARG_TYPE ');
  assert.equal(await got(`${A}.doesNotReject(Promise.resolve(1))`), 'ok');
  assert.equal(await got(`${A}.doesNotReject(Promise.reject(new Error('x')))`), 'AssertionError ERR_ASSERTION doesNotReject');
});

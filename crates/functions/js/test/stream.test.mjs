import test from 'node:test';
import assert from 'node:assert';
import { inside, outside } from './loader.mjs';

// Each scenario is an async function body; both sides must give the same log.
// The exact turn of an event is not compared, only order within one stream.
const SCENARIOS = {
  flowing: `const l=[];const r=new S.Readable({read(){}});r.on('data',c=>l.push(String(c)));r.on('end',()=>l.push('end'));r.push('a');r.push('b');r.push(null);await closed(r);return l`,
  paused: `const l=[];const r=new S.Readable({read(){}});r.push('abc');r.push('def');r.push(null);r.on('readable',()=>{let c;while((c=r.read(4))!==null)l.push(String(c))});r.on('end',()=>l.push('end'));await closed(r);return l`,
  pull: `let n=0;const r=new S.Readable({read(){this.push(n<5?String(n++):null)}});const l=[];for await(const c of r)l.push(String(c));return [l.join(''),r.destroyed,r.readableEnded]`,
  encoding: `const r=new S.Readable({read(){},encoding:'utf8'});const b=Buffer.from('é日');for(const x of b)r.push(Buffer.from([x]));r.push(null);let s='';for await(const c of r)s+=c;return s`,
  objects: `const r=S.Readable.from([1,{a:2},'x']);const l=[];for await(const c of r)l.push(c);return l`,
  fromText: `const l=[];for await(const c of S.Readable.from('hello'))l.push(c);return l`,
  fromAsync: `async function* g(){yield 1;await 0;yield 2}const l=[];for await(const c of S.Readable.from(g()))l.push(c);return l`,
  breakEarly: `let back=0;function* g(){try{yield 1;yield 2;yield 3}finally{back++}}const r=S.Readable.from(g());for await(const c of r)break;await tick();return [back,r.destroyed]`,
  iterError: `const r=new S.Readable({read(){this.destroy(new TypeError('bad'))}});try{for await(const c of r);}catch(e){return [e.message,r.destroyed]}`,
  write: `const l=[];const w=new S.Writable({write(c,e,cb){l.push([String(c),e]);cb()}});w.write('a');w.write('b','latin1');w.end('c',()=>l.push('cb'));w.on('finish',()=>l.push('finish'));await closed(w);return l`,
  slowWrite: `const l=[];const w=new S.Writable({highWaterMark:3,write(c,e,cb){l.push(String(c));setTimeout(cb,1)}});l.push(w.write('ab'),w.write('cd'),w.writableLength);w.on('drain',()=>{l.push('drain');w.end()});w.on('finish',()=>l.push('finish'));await closed(w);return l`,
  writev: `const l=[];const w=new S.Writable({writev(cs,cb){l.push(cs.map(x=>String(x.chunk)).join('|'));cb()}});w.cork();w.write('a');w.write('b');w.uncork();w.end('c');await closed(w);return l`,
  final: `const l=[];const w=new S.Writable({write(c,e,cb){l.push(1);cb()},final(cb){l.push('final');setTimeout(cb,1)}});w.on('finish',()=>l.push('finish'));w.end('x');await closed(w);return l`,
  writeError: `const l=[];const w=new S.Writable({write(c,e,cb){cb(new Error('no'))}});w.on('error',e=>l.push(e.message));w.write('a',e=>l.push('cb '+(e&&e.message)));await closed(w);return [l,w.destroyed,w.errored.message]`,
  afterEnd: `const l=[];const w=new S.Writable({write(c,e,cb){cb()}});w.on('error',e=>l.push(e.code));w.end();w.write('x');await closed(w);return l`,
  badChunk: `const w=new S.Writable({write(c,e,cb){cb()}});const l=[];for(const c of [null,5,{}])try{w.write(c)}catch(e){l.push(e.code)}return l`,
  transform: `const t=new S.Transform({transform(c,e,cb){cb(null,String(c).toUpperCase())},flush(cb){cb(null,'!')}});t.write('ab');t.end('cd');let s='';for await(const c of t)s+=c;return s`,
  objectTransform: `const t=new S.Transform({objectMode:true,transform(c,e,cb){this.push(c);this.push(c*2);cb()}});for(let i=0;i<40;i++)t.write(i);t.end();let n=0;for await(const c of t)n+=c;return n`,
  transformError: `const l=[];const t=new S.Transform({transform(c,e,cb){cb(new Error('t'))}});t.on('error',e=>l.push(e.message));t.write('a');await closed(t);return l`,
  pipe: `const l=[];const w=new S.Writable({highWaterMark:2,write(c,e,cb){l.push(String(c));setTimeout(cb,1)}});S.Readable.from(['aa','bb','cc','dd']).pipe(new S.PassThrough({highWaterMark:2})).pipe(w);await closed(w);return l`,
  unpipe: `const a=[];const r=new S.Readable({read(){}});const w=new S.Writable({write(c,e,cb){a.push(String(c));cb()}});r.pipe(w);r.push('x');await tick();r.unpipe(w);r.push('y');await tick();return [a,w.writableEnded]`,
  pipelineOk: `const l=[];await new Promise((ok,no)=>S.pipeline(S.Readable.from(['a','b']),new S.PassThrough(),new S.Writable({write(c,e,cb){l.push(String(c));cb()}}),e=>e?no(e):ok()));return l`,
  pipelineError: `const r=S.Readable.from(['a']);const t=new S.Transform({transform(c,e,cb){cb(new RangeError('mid'))}});const w=new S.Writable({write(c,e,cb){cb()}});const e=await new Promise(ok=>S.pipeline(r,t,w,ok));await tick();return [e.message,r.destroyed,t.destroyed,w.destroyed]`,
  pipelineFunctions: `const l=[];await S.promises.pipeline(['a','b'],async function*(s){for await(const c of s)yield c+c},async function(s){for await(const c of s)l.push(String(c))});return l`,
  pipelinePromise: `let s='';await require('stream/promises').pipeline(S.Readable.from(['q','r']),new S.Writable({write(c,e,cb){s+=c;cb()}}));return s`,
  finishedOk: `const r=S.Readable.from(['a']);r.resume();return await new Promise(ok=>S.finished(r,e=>ok(e===undefined)))`,
  finishedEarly: `const r=new S.Readable({read(){}});setTimeout(()=>r.destroy(),1);return await new Promise(ok=>S.finished(r,e=>ok(e.code)))`,
  finishedPromise: `const w=new S.Writable({write(c,e,cb){cb()}});w.end('x');await S.promises.finished(w);return w.writableFinished`,
  destroyError: `const l=[];const r=new S.Readable({read(){}});r.on('error',e=>l.push(e.message));r.on('close',()=>l.push('close'));r.destroy(new Error('x'));r.destroy(new Error('y'));await tick();return [l,r.destroyed,r.readable]`,
  customDestroy: `const l=[];const r=new S.Readable({read(){},destroy(e,cb){l.push('d');cb(e)}});r.destroy();await closed(r);return l`,
  unshift: `const r=new S.Readable({read(){}});r.push('b');r.unshift('a');r.push(null);let s='';for await(const c of r)s+=c;return s`,
  pushAfterEnd: `const l=[];const r=new S.Readable({read(){}});r.on('error',e=>l.push(e.code));r.push(null);r.push('a');await tick();return l`,
  duplex: `const l=[];const d=new S.Duplex({read(){this.push('r');this.push(null)},write(c,e,cb){l.push(String(c));cb()}});d.on('data',c=>l.push(String(c)));d.end('w');await closed(d);return l.sort()`,
  oldStyle: `function Up(){S.Transform.call(this)}require('util').inherits(Up,S.Transform);Up.prototype._transform=function(c,e,cb){cb(null,String(c)+'.')};const u=new Up;u.end('x');let s='';for await(const c of u)s+=c;return s`,
  classStyle: `class C extends S.Readable{constructor(){super({objectMode:true});this.n=0}_read(){this.push(this.n<3?{n:this.n++}:null)}}const l=[];for await(const c of new C)l.push(c.n);return l`,
  instances: `const t=new S.Transform;return [t instanceof S.Readable,t instanceof S.Writable,t instanceof S.Duplex,t instanceof S,t instanceof require('events'),new S.Readable instanceof S.Writable]`,
  properties: `const w=new S.Writable({write(){}}),r=new S.Readable;return [w.writable,w.writableEnded,w.writableHighWaterMark,w.writableLength,r.readable,r.readableFlowing,r.readableLength,r.destroyed,w.writableObjectMode]`,
  pauseResume: `const l=[];const r=new S.Readable({read(){}});r.on('data',c=>{l.push(String(c));r.pause();setTimeout(()=>r.resume(),1)});r.push('a');r.push('b');r.push(null);r.on('end',()=>l.push('end'));await closed(r);return [l,r.isPaused()]`,
  construct: `const l=[];const w=new S.Writable({construct(cb){l.push('c');setTimeout(cb,1)},write(c,e,cb){l.push(String(c));cb()}});w.end('x');await closed(w);return l`,
  large: `let n=0;const src=new S.Readable({read(size){this.push(n++<200?Buffer.alloc(1000,n):null)}});let total=0;await S.promises.pipeline(src,new S.PassThrough,new S.Writable({write(c,e,cb){total+=c.length;setImmediate(cb)}}));return total`,
  toArray: `return await S.Readable.from([1,2,3]).toArray()`,
  abort: `const c={aborted:true,addEventListener(){},removeEventListener(){}};const r=new S.Readable({read(){}});return typeof S.addAbortSignal`,
};

for (const [name, body] of Object.entries(SCENARIOS)) {
  test(`stream: ${name}`, { timeout: 5000 }, async () => {
    const source = `(async()=>{const S=require('stream');const tick=()=>new Promise(r=>setTimeout(r,10));const closed=s=>new Promise(r=>{s.once('close',r);s.on('error',()=>{})});${body}})()`;
    const [ours, theirs] = [await inside(source), await outside(source)];
    assert.equal(JSON.stringify(ours), JSON.stringify(theirs));
  });
}

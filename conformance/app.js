// What the network of a mini-program promises, asked from inside: it needs nothing but `wx`. It prints one row for each rule, and fails by an
// uncaught error if one does not hold. README.md says what the host has to set up.

const API = 'https://api.conformance.test';
const DOWN = 'https://down.conformance.test';
const SOCKETS = 'wss://ws.conformance.test';

const REFUSED = 600002;
const PATIENCE = 20000;

// Calls `wx[api]`; what became of it, and how.
function call(api, options, during) {
  return new Promise((resolve) => {
    const ends = [];
    const task = wx[api](Object.assign({}, options, {
      success(result) { ends.push(['success', result]); },
      fail(result) { ends.push(['fail', result]); },
      complete(result) {
        ends.push(['complete', result]);
        // What comes after the end would be a second one.
        setTimeout(() => resolve({ ok: ends[0][0] === 'success', result, ends, task }), 0);
      },
    }));
    if (during) during(task);
  });
}

const request = (url, options, during) => call('request', Object.assign({ url }, options), during);

function is(found, wanted, what) {
  if (JSON.stringify(found) !== JSON.stringify(wanted)) {
    throw new Error(`${what}: ${JSON.stringify(found)} instead of ${JSON.stringify(wanted)}`);
  }
}

function holds(condition, what) {
  if (!condition) throw new Error(what);
}

function succeeded(end, what) {
  holds(end.ok, `${what}: ${JSON.stringify(end.result)}`);
  return end.result;
}

function failed(end, api, text, errno, what) {
  holds(!end.ok, `${what}: it succeeded`);
  const message = end.result.errMsg;
  holds(message.startsWith(`${api}:fail `) && message.includes(text), `${what}: ${message}`);
  if (errno !== undefined) is(end.result.errno, errno, `${what}, errno`);
}

async function refuses(url, what) {
  failed(await request(url), 'request', 'url not in domain list', REFUSED, what || url);
}

const echo = async (options, url) => succeeded(await request(url || `${API}/echo`, options), 'echo').data;

// A socket, and what it heard in order.
function socket(options) {
  return new Promise((resolve) => {
    const heard = [];
    const waiting = [];
    const hear = (event) => {
      heard.push(event);
      for (const one of waiting.splice(0)) one();
    };
    const next = async (kind) => {
      for (;;) {
        const at = heard.findIndex((event) => event[0] === kind);
        if (at >= 0) return heard.splice(at, 1)[0][1];
        await new Promise((again) => waiting.push(again));
      }
    };
    const task = wx.connectSocket(Object.assign({ url: `${SOCKETS}/`, fail: (result) => hear(['fail', result]) }, options));
    task.onOpen((result) => hear(['open', result, task.readyState]));
    task.onMessage((result) => hear(['message', result]));
    task.onError((result) => hear(['error', result]));
    task.onClose((result) => hear(['close', result]));
    resolve({ task, heard, next });
  });
}

const ask = (task, verb, options) => new Promise((resolve) => {
  task[verb](Object.assign({}, options, {
    success: () => resolve('success'),
    fail: (result) => resolve(result.errMsg),
  }));
});

function file(name, text) {
  const path = `${wx.env.USER_DATA_PATH}/${name}`;
  wx.getFileSystemManager().writeFileSync(path, text, 'utf8');
  return path;
}

const read = (path) => wx.getFileSystemManager().readFileSync(path, 'utf8');

const RULES = [
  ['D1', 'an entry of one list does not help another API', async () => {
    await refuses(`${DOWN}/json`);
    succeeded(await call('downloadFile', { url: `${DOWN}/json` }), 'downloadFile');
    const end = await call('uploadFile', { url: `${DOWN}/upload`, filePath: file('d1', 'x'), name: 'f' });
    failed(end, 'uploadFile', 'url not in domain list', REFUSED, 'uploadFile');
  }],
  ['D2', 'plain http is refused', () => refuses('http://api.conformance.test/json')],
  ['D3', 'addresses and localhost cannot be called', async () => {
    for (const host of ['127.0.0.1', 'localhost', '2130706433', '0x7f.1', '[::1]']) await refuses(`https://${host}/`);
  }],
  ['D5', 'the reserved host cannot be called', () => refuses('https://api.weixin.qq.com/cgi-bin/token')],
  ['U2', 'what is no URL of HTTP is told as that', async () => {
    for (const url of ['ftp://api.conformance.test/', 'json', '']) {
      const end = await request(url);
      holds(!end.ok && end.result.errMsg.startsWith('request:fail '), `${url}: ${JSON.stringify(end.result)}`);
    }
  }],
  ['U3', 'an entry without a port allows none, not even 443', async () => {
    await refuses('https://api.conformance.test:443/json');
    await refuses('https://api.conformance.test:8443/json');
  }],
  ['U3', 'an entry with a port allows that one alone', async () => {
    succeeded(await request('https://port.conformance.test:8443/json'), ':8443');
    await refuses('https://port.conformance.test/json');
    await refuses('https://port.conformance.test:8444/json');
  }],
  ['U4', 'hosts are compared whole, in any case', async () => {
    succeeded(await request('https://API.Conformance.TEST/json'), 'upper case');
    for (const host of ['sub.api', 'evilapi', 'other']) await refuses(`https://${host}.conformance.test/json`);
    await refuses('https://conformance.test/json');
    await refuses('https://api.conformance.test./json');
  }],
  ['U6', 'each hop of a redirect is checked', async () => {
    const to = (url) => `${API}/redirect?to=${encodeURIComponent(url)}`;
    is(succeeded(await request(to(`${API}/json`)), 'allowed').statusCode, 200, 'status');
    const end = await request(to('https://other.conformance.test/json'));
    failed(end, 'request', 'redirect url not in domain list', REFUSED, 'not allowed');
  }],
  ['U6', 'redirects have an end', async () => {
    failed(await request(`${API}/loop`), 'request', 'redirect count', 600008, 'a loop');
  }],
  ['U6', '303 becomes GET, 307 keeps the method and the body', async () => {
    const follow = (code) => echo({ method: 'POST', data: 'a=1' }, `${API}/redirect?code=${code}&to=/echo`);
    is((await follow(303)).method, 'GET', '303');
    const kept = await follow(307);
    is([kept.method, kept.body], ['POST', 'a=1'], '307');
  }],
  ['T1', 'a timeout ends a call that is not answered', async () => {
    const began = Date.now();
    failed(await request(`${API}/never`, { timeout: 300 }), 'request', 'timeout', 5, '/never');
    const took = Date.now() - began;
    holds(took >= 290 && took < 3000, `it took ${took} ms`);
  }],
  ['T2', 'a slow drip does not extend it', async () => {
    failed(await request(`${API}/drip/100/50`, { timeout: 500 }), 'request', 'timeout', 5, '/drip');
  }],
  ['C1', 'ten calls run, of all three APIs together, and the eleventh waits', async () => {
    const began = Date.now();
    const url = `${API}/delay/500`;
    const calls = [];
    for (let n = 0; n < 9; n += 1) calls.push(request(url));
    calls.push(call('downloadFile', { url }));
    calls.push(request(`${API}/json`).then((end) => [end, Date.now() - began]));
    const ends = await Promise.all(calls);
    const [last, took] = ends.pop();
    for (const end of ends) succeeded(end, 'one of ten');
    succeeded(last, 'the eleventh');
    holds(took >= 490, `the eleventh did not wait: ${took} ms`);
  }],
  ['C4', 'abort ends a running call and one that waits', async () => {
    const calls = [];
    const tasks = [];
    for (let n = 0; n < 11; n += 1) calls.push(request(`${API}/never`, {}, (task) => tasks.push(task)));
    setTimeout(() => tasks.reverse().forEach((task) => task.abort()), 100);
    for (const end of await Promise.all(calls)) is(end.result.errMsg, 'request:fail abort', 'errMsg');
  }],
  ['R1', 'the Referer is the platform\'s', async () => {
    const seen = await echo({ header: { Referer: 'https://evil.example/', referer: 'x' } });
    holds(/^https:\/\/servicewechat\.com\/[^/]+\/[^/]+\/page-frame\.html$/.test(seen.headers.referer), seen.headers.referer);
  }],
  ['R2', 'headers that are the host\'s cannot be set', async () => {
    const header = { Host: 'evil.example', 'Content-Length': '3', 'User-Agent': 'mine', 'X-Mine': 'a' };
    const seen = await echo({ header });
    holds(!JSON.stringify(seen).includes('evil.example'), 'Host');
    holds(seen.headers['user-agent'] !== 'mine', 'User-Agent');
    is(seen.headers['x-mine'], 'a', 'X-Mine');
  }],
  ['R2', 'no header ends a line', async () => {
    const end = await request(`${API}/echo`, { header: { 'X-A': 'a\r\nX-B: b' } });
    holds(!end.ok || end.result.data.headers['x-b'] === undefined, 'X-B was sent');
  }],
  ['R3', 'methods, in any case', async () => {
    for (const method of ['OPTIONS', 'GET', 'POST', 'put', 'DELETE']) is((await echo({ method })).method, method.toUpperCase(), method);
    is(succeeded(await request(`${API}/echo`, { method: 'HEAD' }), 'HEAD').statusCode, 200, 'HEAD');
    holds(!(await request(`${API}/echo`, { method: 'CONNECT' })).ok, 'CONNECT');
  }],
  ['R4', 'content-type is JSON unless it is said', async () => {
    holds((await echo({ method: 'POST', data: { a: 1 } })).headers['content-type'].startsWith('application/json'), 'default');
    const header = { 'content-type': 'text/x-mine; a=b' };
    is((await echo({ method: 'POST', data: 'a', header })).headers['content-type'], 'text/x-mine; a=b', 'own');
  }],
  ['R5', 'data: text, JSON, form, bytes, query', async () => {
    const post = (data, type) => echo({ method: 'POST', data, header: { 'content-type': type || 'application/json' } });
    is((await post('你好')).body, '你好', 'text');
    is(JSON.parse((await post({ a: [1, '二'] })).body), { a: [1, '二'] }, 'JSON');
    is((await post({ a: 1, b: 'x y' }, 'application/x-www-form-urlencoded')).body.replace('+', '%20'), 'a=1&b=x%20y', 'form');
    is((await post(new Uint8Array([104, 105]).buffer)).body, 'hi', 'bytes');
    const seen = await echo({ data: { b: '二' } }, `${API}/echo?a=1`);
    is([seen.query, seen.bodyLength], ['a=1&b=%E4%BA%8C', 0], 'query');
  }],
  ['P1', 'any status is a success', async () => {
    for (const status of [204, 404, 500]) is(succeeded(await request(`${API}/status/${status}`), `${status}`).statusCode, status, 'statusCode');
  }],
  ['P2', 'text that is not UTF-8 is converted', async () => {
    const text = async (path) => succeeded(await request(API + path), path).data;
    const gbk = await text('/gbk');
    holds(gbk.includes('小程序运行环境'), gbk);
    is(await text('/gbk-undeclared'), gbk, 'undeclared');
  }],
  ['P3', 'exactly one byte order mark is removed', async () => {
    const text = async (path) => succeeded(await request(API + path, { dataType: 'text' }), path).data;
    holds((await text('/bom'))[0] === '{', 'of one, none stays');
    is((await text('/two-boms')).slice(0, 2), '\ufeff{', 'of two, one stays');
  }],
  ['P4', 'JSON is parsed, text is not, bytes are bytes, codings are undone', async () => {
    is(succeeded(await request(`${API}/json`), 'JSON').data.text, '你好', 'JSON');
    is(typeof succeeded(await request(`${API}/json`, { dataType: 'text' }), 'text').data, 'string', 'text');
    const bytes = succeeded(await request(`${API}/bytes/1000`, { responseType: 'arraybuffer' }), 'bytes').data;
    holds(bytes instanceof ArrayBuffer && bytes.byteLength === 1000 && new Uint8Array(bytes)[252] === 1, 'bytes');
    for (const coding of ['gzip', 'gzip-members', 'deflate', 'deflate-raw', 'br']) {
      is(succeeded(await request(`${API}/${coding}`), coding).data.coded, true, coding);
    }
  }],
  ['P5', 'cookies are a list, and sent by nobody', async () => {
    const { cookies } = succeeded(await request(`${API}/cookies`), 'cookies');
    is(cookies.length, 3, 'cookies');
    is((await echo({})).headers.cookie, undefined, 'Cookie');
  }],
  ['P7', 'the shapes of success and fail', async () => {
    const { result } = await request(`${API}/json`);
    is([result.errMsg, typeof result.statusCode, typeof result.header], ['request:ok', 'number', 'object'], 'success');
    const { result: refused } = await request('https://other.conformance.test/');
    is([typeof refused.errMsg, typeof refused.errno], ['string', 'number'], 'fail');
  }],
  ['P8', 'one end, then complete with the same object, never before the call returns', async () => {
    for (const url of [`${API}/json`, 'https://other.conformance.test/', `${API}/cut/1000`]) {
      let returned = false;
      const end = await request(url, { header: {} }, () => { returned = true; });
      holds(returned, 'before the return');
      is(end.ends.length, 2, url);
      is(end.ends[1][0], 'complete', url);
      holds(end.ends[0][1] === end.ends[1][1], 'another object');
    }
  }],
  ['P8', 'an answer that breaks off fails', async () => {
    holds(!(await request(`${API}/cut/1000`)).ok, 'it succeeded');
  }],
  ['R6', 'chunks come as they are, and headers before them', async () => {
    let [bytes, headers] = [0, null];
    const end = await request(`${API}/chunked/50000`, { enableChunked: true }, (task) => {
      task.onHeadersReceived(() => { headers = bytes; });
      task.onChunkReceived(({ data }) => { bytes += data.byteLength; });
    });
    succeeded(end, 'enableChunked');
    is([bytes, headers], [50000, 0], 'chunks');
  }],
  ['F1', 'an upload is a form: fields in order, then the file', async () => {
    let progress = 0;
    const options = { url: `${API}/upload`, filePath: file('a.txt', '上传'.repeat(1000)), name: 'f"\r\n', formData: { b: '一', a: 2 } };
    const end = await call('uploadFile', options, (task) => task.onProgressUpdate((now) => { progress = now.progress; }));
    const { data } = succeeded(end, 'uploadFile');
    is(typeof data, 'string', 'data');
    const form = JSON.parse(data);
    is(form.fields, [['b', '一'], ['a', '2']], 'fields');
    is([form.files.length, form.files[0].size], [1, 6000], 'files');
    is(progress, 100, 'progress');
  }],
  ['F2', 'only the app\'s own files are uploaded', async () => {
    for (const filePath of ['/etc/passwd', `${wx.env.USER_DATA_PATH}/../x`, `${wx.env.USER_DATA_PATH}/none`]) {
      const end = await call('uploadFile', { url: `${API}/upload`, filePath, name: 'f' });
      holds(!end.ok && end.result.errMsg.startsWith('uploadFile:fail'), filePath);
    }
  }],
  ['F3', 'a download is a temporary file, or the one that was named', async () => {
    const temporary = succeeded(await call('downloadFile', { url: `${API}/json` }), 'temporary');
    is([temporary.statusCode, temporary.filePath], [200, undefined], 'temporary');
    is(JSON.parse(read(temporary.tempFilePath)).ok, true, 'its content');
    const filePath = `${wx.env.USER_DATA_PATH}/named`;
    const named = succeeded(await call('downloadFile', { url: `${API}/json`, filePath }), 'named');
    is([named.filePath, named.tempFilePath], [filePath, undefined], 'named');
    is(JSON.parse(read(filePath)).ok, true, 'its content');
    is(succeeded(await call('downloadFile', { url: `${API}/status/404` }), '404').statusCode, 404, 'any status');
  }],
  ['F3', 'nothing partial is seen under a name', async () => {
    const filePath = file('kept', 'before');
    holds(!(await call('downloadFile', { url: `${API}/cut/1000`, filePath })).ok, 'it succeeded');
    is(read(filePath), 'before', 'the file');
  }],
  ['W1', 'a socket opens, carries text and bytes in order, and closes', async () => {
    const { task, next, heard } = await socket();
    await next('open');
    is(task.readyState, 1, 'readyState');
    is(await ask(task, 'send', { data: '一' }), 'success', 'send');
    is(await ask(task, 'send', { data: new Uint8Array([1, 2]).buffer }), 'success', 'send');
    is((await next('message')).data, '一', 'text');
    const { data } = await next('message');
    is([data instanceof ArrayBuffer, data.byteLength], [true, 2], 'bytes');
    is(await ask(task, 'close', {}), 'success', 'close');
    is((await next('close')).code, 1000, 'code');
    is(heard, [], 'nothing else');
  }],
  ['W1', 'a close of the server is heard with its code', async () => {
    const { next } = await socket({ url: `${SOCKETS}/close` });
    is((await next('close')).code, 3001, 'code');
  }],
  ['W1', 'a socket that is not allowed fails', async () => {
    for (const url of ['wss://ws.conformance.test:443/', 'wss://api.conformance.test/', 'ws://ws.conformance.test/']) {
      const { next } = await socket({ url });
      holds((await next('fail')).errMsg.startsWith('connectSocket:fail'), url);
    }
  }],
  ['W2', 'send fails while a socket is not open', async () => {
    const { task, next } = await socket();
    holds((await ask(task, 'send', { data: 'x' })).startsWith('SocketTask.send:fail'), 'before it is open');
    await next('open');
    await ask(task, 'close', {});
    await next('close');
    holds((await ask(task, 'send', { data: 'x' })).startsWith('SocketTask.send:fail'), 'after its end');
  }],
  ['W3', 'codes and reasons of a close are checked', async () => {
    const { task, next } = await socket();
    await next('open');
    for (const wrong of [{ code: 1001 }, { code: 5000 }, { code: 3000, reason: '长'.repeat(42) }]) {
      holds((await ask(task, 'close', wrong)) !== 'success', JSON.stringify(wrong));
    }
    is(task.readyState, 1, 'readyState');
    is(await ask(task, 'close', { code: 3000, reason: '好' }), 'success', 'close');
    is((await next('close')).code, 3000, 'code');
  }],
  ['C3', 'five sockets, and no sixth', async () => {
    const sockets = [];
    for (let n = 0; n < 5; n += 1) sockets.push(await socket());
    const sixth = await socket();
    holds((await sixth.next('fail')).errMsg.startsWith('connectSocket:fail'), 'the sixth');
    for (const { task, next } of sockets) {
      await next('open');
      await ask(task, 'close', {});
      await next('close');
    }
  }],
  ['K1', 'a certificate must be in date, of that host, of a trusted authority, with its whole chain', async () => {
    for (const host of ['expired', 'early', 'name', 'self', 'unknown', 'chain']) {
      const end = await request(`https://${host}.conformance.test/json`);
      failed(end, 'request', 'ssl hand shake error', 600001, host);
    }
  }],
  ['J2', 'options are not changed, and wrong ones are named', async () => {
    const options = Object.freeze({ url: `${API}/json`, header: Object.freeze({ a: 'b' }), timeout: undefined, unknown: () => {} });
    const before = JSON.stringify(options);
    await new Promise((complete) => wx.request(Object.assign(Object.create(options), { complete })));
    is(JSON.stringify(options), before, 'options');
    const { result } = await request(undefined);
    holds(result.errMsg.includes('parameter.url should be String instead of Undefined'), result.errMsg);
  }],
];

function within(work) {
  const late = new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`nothing for ${PATIENCE} ms`)), PATIENCE);
  });
  return Promise.race([work, late]);
}

async function all() {
  let broken = 0;
  console.log('| id | rule | holds |');
  console.log('|---|---|---|');
  for (const [id, rule, check] of RULES) {
    let found = 'yes';
    try {
      await within(check());
    } catch (error) {
      broken += 1;
      found = `**no**: ${error.message}`;
    }
    console.log(`| ${id} | ${rule} | ${found} |`);
  }
  console.log(`${RULES.length - broken} of ${RULES.length} hold`);
  if (broken > 0) throw new Error(`${broken} rules do not hold`);
}

all();

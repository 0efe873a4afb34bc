// What goes out.

const { API, call, request, is, holds, succeeded, echo, file } = require('../kit');

const FORM = 'application/x-www-form-urlencoded';

const post = (data, type, method) => echo({ method: method || 'POST', data, header: { 'content-type': type || 'application/json' } });

module.exports = [
  ['R1', 'the Referer is the platform\'s, of every API', async () => {
    const header = { Referer: 'https://evil.example/', referer: 'x' };
    const upload = await call('uploadFile', { url: `${API}/echo`, filePath: file('r1', 'x'), name: 'f', header });
    const uploaded = JSON.parse(succeeded(upload, 'uploadFile').data);
    for (const seen of [await echo({ header }), await echo({}), uploaded]) {
      const { referer } = seen.headers;
      holds(/^https:\/\/servicewechat\.com\/wx[^/]+\/(devtools|\d+)\/page-frame\.html$/.test(referer), `${referer}`);
    }
  }],
  ['R2', 'headers that are the host\'s cannot be set', async () => {
    const header = { Host: 'evil.example', 'Content-Length': '3', 'User-Agent': 'mine', Connection: 'x-hop', 'X-Mine': 'a' };
    const seen = await echo({ header });
    holds(!JSON.stringify(seen).includes('evil.example'), 'Host');
    holds(seen.headers['user-agent'] !== 'mine', 'User-Agent');
    holds(!`${seen.headers.connection}`.includes('x-hop'), 'Connection');
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
  ['R3', 'the method is GET unless it is said', async () => {
    is((await echo({})).method, 'GET', 'without data');
    is((await echo({ data: { a: 1 } })).method, 'GET', 'with data');
  }],
  ['R4', 'content-type is JSON unless it is said', async () => {
    for (const data of [{ a: 1 }, 'a']) {
      holds(`${(await echo({ method: 'POST', data })).headers['content-type']}`.startsWith('application/json'), 'default');
    }
    const header = { 'content-type': 'text/x-mine; a=b' };
    is((await echo({ method: 'POST', data: 'a', header })).headers['content-type'], 'text/x-mine; a=b', 'own');
  }],
  ['R4', 'the app\'s headers go out as they are', async () => {
    const header = { Cookie: 'a=1; b=2', Authorization: 'Bearer x', Accept: 'text/x-mine', Origin: 'https://mine.example', 'X-Empty': '', 'x-LOWER': ' a' };
    const { headers } = await echo({ header });
    is([headers.cookie, headers.authorization, headers.accept], ['a=1; b=2', 'Bearer x', 'text/x-mine'], 'known ones');
    is([headers['x-empty'], headers['x-lower'].trim()], ['', 'a'], 'own ones');
  }],
  ['R5', 'data: text, JSON, form, bytes', async () => {
    is((await post('你好')).body, '你好', 'text');
    is(JSON.parse((await post({ a: [1, '二'] })).body), { a: [1, '二'] }, 'JSON');
    is((await post({ a: 1, b: 'x y&', 二: '=' }, FORM)).body.replace('+', '%20'), 'a=1&b=x%20y%26&%E4%BA%8C=%3D', 'form');
    is((await post('a=%20', FORM)).body, 'a=%20', 'a form as text');
    is((await post(new Uint8Array([104, 105]).buffer)).body, 'hi', 'bytes');
  }],
  ['R5', 'PUT and DELETE have a body, too', async () => {
    for (const method of ['PUT', 'DELETE']) is((await post({ a: 1 }, undefined, method)).body, '{"a":1}', method);
  }],
  ['R5', 'data of GET is its query', async () => {
    const seen = await echo({ data: { b: '二', c: 'x&y' } }, `${API}/echo?a=1`);
    is([seen.query.replace(/\+/g, '%20'), seen.bodyLength], ['a=1&b=%E4%BA%8C&c=x%26y', 0], 'query');
    is((await echo({ data: {} }, `${API}/echo`)).query, '', 'without fields');
  }],
  ['U1', 'a URL is sent as it is written, without what is behind #', async () => {
    const query = 'a=%E4%BA%8C&b=%2F&c=a+b&b=%20';
    const seen = await echo({}, `${API}/echo?${query}#part`);
    is([seen.path, seen.query], ['/echo', query], 'query');
  }],
  ['J2', 'options are not changed, and wrong ones are named', async () => {
    const options = Object.freeze({ url: `${API}/json`, header: Object.freeze({ a: 'b' }), timeout: undefined, unknown: () => {} });
    const before = JSON.stringify(options);
    await new Promise((complete) => wx.request(Object.assign(Object.create(options), { complete })));
    is(JSON.stringify(options), before, 'options');
    const data = { a: { b: 1 } };
    const header = { 'x-mine': 'a' };
    await request(`${API}/echo`, { method: 'POST', data, header });
    is([data, header], [{ a: { b: 1 } }, { 'x-mine': 'a' }], 'data and header');
    const { result } = await request(undefined);
    holds(result.errMsg.includes('parameter.url should be String instead of Undefined'), result.errMsg);
  }],
];

// What comes back.

const { API, call, request, is, holds, succeeded, echo, text, bytes } = require('../kit');

module.exports = [
  ['P1', 'any status is a success', async () => {
    for (const status of [201, 204, 400, 404, 500, 599]) {
      is(succeeded(await request(`${API}/status/${status}`), `${status}`).statusCode, status, 'statusCode');
    }
  }],
  ['P2', 'text that is not UTF-8 is converted', async () => {
    const gbk = await text('/gbk');
    holds(gbk.includes('小程序运行环境'), gbk);
    is(await text('/gbk-undeclared'), gbk, 'undeclared');
  }],
  ['P2', 'bytes that are no text fail nothing', async () => {
    is(typeof (await text('/bytes/300')), 'string', 'data');
  }],
  ['P3', 'exactly one byte order mark is removed', async () => {
    holds((await text('/bom'))[0] === '{', 'of one, none stays');
    is((await text('/two-boms')).slice(0, 2), '\ufeff{', 'of two, one stays');
  }],
  ['P3', 'JSON behind a byte order mark is JSON', async () => {
    is(typeof succeeded(await request(`${API}/bom`), '/bom').data, 'object', 'data');
  }],
  ['P3', 'of bytes no byte order mark is removed', async () => {
    is((await bytes('/bom')).slice(0, 4), [0xef, 0xbb, 0xbf, 0x7b], 'data');
  }],
  ['P4', 'JSON is parsed if it is JSON, text is not', async () => {
    is(succeeded(await request(`${API}/json`), 'JSON').data.text, '你好', 'JSON');
    is(typeof succeeded(await request(`${API}/`), 'no JSON').data, 'string', 'no JSON');
    is(typeof (await text('/json')), 'string', 'text');
    is(succeeded(await request(`${API}/json`, { dataType: undefined }), 'undefined').data.ok, true, 'undefined');
  }],
  ['P4', 'bytes are bytes', async () => {
    const data = await bytes('/bytes/1000');
    is([data.length, data[252], data[250]], [1000, 1, 250], 'data');
    is((await bytes('/status/204')).length, 0, 'without a body');
  }],
  ['P4', 'content codings are undone', async () => {
    for (const coding of ['gzip', 'gzip-members', 'deflate', 'deflate-raw', 'br']) {
      is(succeeded(await request(`${API}/${coding}`), coding).data.coded, true, coding);
    }
    is((await bytes('/gzip'))[0], 0x7b, 'bytes');
  }],
  ['P5', 'cookies are a list, and sent by nobody', async () => {
    const { cookies, header } = succeeded(await request(`${API}/cookies`), 'cookies');
    is([Array.isArray(cookies), cookies.length], [true, 3], 'cookies');
    holds(cookies[1].startsWith('b=2; Expires=Wed, 21 Oct'), cookies[1]);
    is((await echo({})).headers.cookie, undefined, 'Cookie');
    is(header['Set-Cookie'], cookies.join(','), 'header');
  }],
  ['P5', 'headers are an object of texts, in the spelling of HTTP/1', async () => {
    const { header } = succeeded(await request(`${API}/json`), '/json');
    is([typeof header['Content-Type'], typeof header['Content-Length']], ['string', 'string'], 'header');
    is(Object.keys(header).length, Object.keys(JSON.parse(JSON.stringify(header))).length, 'own fields');
  }],
  ['P7', 'the shapes of success and fail', async () => {
    const { result } = await request(`${API}/json`);
    is([result.errMsg, typeof result.statusCode, typeof result.header], ['request:ok', 'number', 'object'], 'success');
    const { result: refused } = await request('https://other.conformance.test/');
    is([typeof refused.errMsg, typeof refused.errno], ['string', 'number'], 'fail');
  }],
  ['R6', 'a profile has the times of the call in order', async () => {
    const { profile } = succeeded(await request(`${API}/json`, { enableProfile: true }), '/json');
    const times = ['queueStart', 'queueEnd', 'fetchStart', 'requestStart', 'requestEnd', 'responseStart', 'responseEnd'].map((name) => profile[name]);
    holds(times.every((time, n) => typeof time === 'number' && (n === 0 || time >= times[n - 1])), JSON.stringify(times));
    holds(profile.receivedBytedCount > 0, 'receivedBytedCount');
  }],
  ['R6', 'chunks come as they are, and headers before them', async () => {
    let [length, headers] = [0, null];
    const end = await request(`${API}/chunked/50000`, { enableChunked: true }, (task) => {
      task.onHeadersReceived((news) => { headers = [length, news.statusCode, typeof news.header]; });
      task.onChunkReceived(({ data }) => {
        holds(data instanceof ArrayBuffer, 'no ArrayBuffer');
        length += data.byteLength;
      });
    });
    succeeded(end, 'enableChunked');
    is([length, headers], [50000, [0, 200, 'object']], 'chunks');
  }],
  ['R6', 'chunks come when they come', async () => {
    let [first, count] = [0, 0];
    await request(`${API}/drip/8/50`, { enableChunked: true }, (task) => {
      task.onChunkReceived(() => {
        first = first || Date.now();
        count += 1;
      });
    });
    const later = Date.now() - first;
    holds(count > 1 && later >= 200, `${count} chunks, the first ${later} ms before the end`);
  }],
  ['P8', 'headers are heard before the end, of every API', async () => {
    for (const api of ['request', 'downloadFile']) {
      const heard = [];
      const end = await call(api, { url: `${API}/cookies` }, (task) => task.onHeadersReceived((news) => heard.push(news)));
      is([heard.length, end.ends.length], [1, 2], api);
      is([heard[0].statusCode, heard[0].cookies.length], [200, 3], api);
    }
  }],
  ['P8', 'an answer that breaks off fails', async () => {
    holds(!(await request(`${API}/cut/1000`)).ok, 'it succeeded');
    holds(!(await call('downloadFile', { url: `${API}/cut/1000` })).ok, 'it succeeded as a download');
  }],
];

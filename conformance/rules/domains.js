// Which servers can be called.

const { API, DOWN, PORT, REFUSED, call, request, is, holds, succeeded, failed, refuses, file } = require('../kit');

const to = (url, code) => `${API}/redirect?code=${code || 302}&to=${encodeURIComponent(url)}`;

module.exports = [
  ['D1', 'an entry of one list does not help another API', async () => {
    await refuses(`${DOWN}/json`);
    await refuses('https://ws.conformance.test/');
    succeeded(await call('downloadFile', { url: `${DOWN}/json` }), 'downloadFile');
    failed(await call('downloadFile', { url: `${PORT}/json` }), 'downloadFile', 'url not in domain list', REFUSED, 'downloadFile');
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
    succeeded(await request(`${PORT}/json`), ':8443');
    await refuses('https://port.conformance.test/json');
    await refuses('https://port.conformance.test:8444/json');
  }],
  ['U4', 'hosts are compared whole, in any case', async () => {
    succeeded(await request('https://API.Conformance.TEST/json'), 'upper case');
    for (const host of ['sub.api', 'evilapi', 'other']) await refuses(`https://${host}.conformance.test/json`);
    await refuses('https://conformance.test/json');
    await refuses('https://api.conformance.test./json');
    await refuses('https://api.conformance.test.other.conformance.test/json');
  }],
  ['U4', 'what only looks like the host is none', async () => {
    for (const url of [
      'https://api.conformance.test@other.conformance.test/json', 'https://other.conformance.test/https://api.conformance.test/json',
      'https://other.conformance.test?api.conformance.test/json', 'https://other.conformance.test\\@api.conformance.test/json',
    ]) holds(!(await request(url)).ok, url);
  }],
  ['U6', 'each hop of a redirect is checked, by the list of its API', async () => {
    is(succeeded(await request(to(`${API}/json`)), 'allowed').statusCode, 200, 'status');
    is(succeeded(await request(to(`${PORT}/json`)), 'allowed, with another host').statusCode, 200, 'status');
    for (const refused of ['https://other.conformance.test/json', `${API}:443/json`, `${DOWN}/json`]) {
      failed(await request(to(refused)), 'request', 'redirect url not in domain list', REFUSED, refused);
    }
    const end = await call('downloadFile', { url: to(`${PORT}/json`) });
    failed(end, 'downloadFile', 'redirect url not in domain list', REFUSED, 'downloadFile');
  }],
  ['U6', 'redirects have an end', async () => {
    failed(await request(`${API}/loop`), 'request', 'redirect count', 600008, 'a loop');
  }],
  ['U6', '303 becomes GET, 307 keeps the method and the body', async () => {
    const follow = async (code) => succeeded(await request(to('/echo', code), { method: 'POST', data: 'a=1' }), `${code}`).data;
    const changed = await follow(303);
    is([changed.method, changed.bodyLength], ['GET', 0], '303');
    const kept = await follow(307);
    is([kept.method, kept.body], ['POST', 'a=1'], '307');
  }],
  ['U6', 'redirects are followed unless it is said that they are not', async () => {
    for (const code of [301, 302, 303, 307, 308]) is(succeeded(await request(to('/json', code)), `${code}`).statusCode, 200, `${code}`);
    const { statusCode, header } = succeeded(await request(to('/json'), { redirect: 'manual' }), 'manual');
    is([statusCode, header.Location || header.location], [302, '/json'], 'manual');
  }],
  ['K1', 'a certificate must be in date, of that host, of a trusted authority, with its whole chain', async () => {
    for (const host of ['expired', 'early', 'name', 'self', 'unknown', 'chain']) {
      const end = await request(`https://${host}.conformance.test/json`);
      failed(end, 'request', 'ssl hand shake error', 600001, host);
    }
  }],
];

// What the rules are written with: calls whose every callback is kept, sockets whose events wait until they are asked for, and comparisons.

const API = 'https://api.conformance.test';
const DOWN = 'https://down.conformance.test';
const PORT = 'https://port.conformance.test:8443';
const SOCKETS = 'wss://ws.conformance.test';

const REFUSED = 600002;

const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

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

// What is thrown with every rule that does not hold.
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

// The request, as the server got it.
const echo = async (options, url) => succeeded(await request(url || `${API}/echo`, options), 'echo').data;

const text = async (path) => succeeded(await request(API + path, { dataType: 'text' }), path).data;

const bytes = async (path) => {
  const { data } = succeeded(await request(API + path, { responseType: 'arraybuffer' }), path);
  holds(data instanceof ArrayBuffer, `${path}: no ArrayBuffer`);
  return Array.from(new Uint8Array(data));
};

// A socket, and what it heard in order.
function socket(options) {
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
  const task = wx.connectSocket(Object.assign({
    url: `${SOCKETS}/`,
    success: (result) => hear(['success', result]),
    fail: (result) => hear(['fail', result]),
  }, options));
  task.onOpen((result) => hear(['open', result, task.readyState]));
  task.onMessage((result) => hear(['message', result]));
  task.onError((result) => hear(['error', result]));
  task.onClose((result) => hear(['close', result]));
  return { task, heard, next };
}

async function opened(options) {
  const one = socket(options);
  await one.next('open');
  return one;
}

// What `send` or `close` of a socket, or of `wx`, was answered.
const ask = (task, verb, options) => new Promise((resolve) => {
  task[verb](Object.assign({}, options, {
    success: () => resolve('success'),
    fail: (result) => resolve(result.errMsg),
  }));
});

async function closed({ task, next }) {
  is(await ask(task, 'close', {}), 'success', 'close');
  return next('close');
}

function file(name, content) {
  const path = `${wx.env.USER_DATA_PATH}/${name}`;
  wx.getFileSystemManager().writeFileSync(path, content, 'utf8');
  return path;
}

const read = (path) => wx.getFileSystemManager().readFileSync(path, 'utf8');

module.exports = {
  API, DOWN, PORT, SOCKETS, REFUSED, wait, call, request, is, holds, succeeded, failed, refuses, echo, text, bytes, socket, opened, ask, closed, file, read,
};

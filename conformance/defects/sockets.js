// Sockets.

const later = (work) => setTimeout(work, 0);

const heard = (breaks, event, change) => ({
  breaks,
  socket: (task) => {
    const on = task[event];
    task[event] = (listener) => on((news) => change(news, listener));
  },
});

const method = (breaks, name, changed) => ({
  breaks,
  socket: (task) => {
    const honest = task[name];
    task[name] = (options, reason) => changed(honest, options, task, reason);
  },
});

const isBytes = (data) => data instanceof ArrayBuffer;

module.exports = {
  'readyState is 0 when a socket is open': { breaks: 'W1', socket: (task) => { Object.defineProperty(task, 'readyState', { value: 0 }); } },
  'readyState stays 1 when a socket is closed': {
    breaks: 'W1',
    socket: (task) => {
      let state = 0;
      task.onOpen(() => { state = 1; });
      Object.defineProperty(task, 'readyState', { get: () => state });
    },
  },
  'bytes of a socket are a blob': heard('W1', 'onMessage', ({ data }, listener) => listener({ data: isBytes(data) ? { size: data.byteLength, type: '' } : data })),
  'bytes of a socket come late': heard('W1', 'onMessage', (news, listener) => (isBytes(news.data) ? setTimeout(() => listener(news), 50) : listener(news))),
  'bytes of a socket are sent as text': method('W1', 'send', (send, options) => send(Object.assign({}, options, { data: isBytes(options.data) ? `${options.data}` : options.data }))),
  'characters of two units break': heard('W1', 'onMessage', ({ data }, listener) => listener({ data: isBytes(data) ? data : data.replace(/\ud83d\ude00/g, '??') })),
  'empty messages are not sent': method('W1', 'send', (send, options) => (options.data === '' ? later(() => options.success({ errMsg: 'sendSocketMessage:ok' })) : send(options))),
  'success comes when a socket is open': {
    breaks: 'W1',
    connect: (options) => {
      const { success } = options;
      if (success) options.success = (result) => setTimeout(() => success(result), 100);
    },
  },
  'a close of one\'s own is not heard': {
    breaks: 'W1 J10',
    socket: (task) => {
      const { close, onClose } = task;
      let own = false;
      task.close = (options) => {
        own = true;
        close(options);
      };
      task.onClose = (listener) => onClose((news) => { if (!own) listener(news); });
    },
  },
  'the code of a close is 1000': heard('W1', 'onClose', (news, listener) => listener(Object.assign({}, news, { code: 1000 }))),
  'a close has no reason': heard('W1', 'onClose', ({ code }, listener) => listener({ code, reason: '' })),
  'a connection that breaks is heard as an error alone': heard('W1', 'onClose', (news, listener) => { if (news.code !== 1006) listener(news); }),
  'a connection that breaks is heard as a close alone': heard('W1', 'onError', () => {}),
  'a port of a socket\'s URL is dropped': { breaks: 'W1', connect: (options) => { options.url = options.url.replace(':443', ''); } },
  'ws becomes wss': { breaks: 'W1', connect: (options) => { options.url = options.url.replace(/^ws:/, 'wss:'); } },
  'any answer opens a socket': { breaks: 'W1', connect: (options) => { options.url = options.url.replace(/^wss:\/\/down.*\/json/, 'wss://ws.conformance.test/'); } },
  'send never fails': method('W2', 'send', (send, options) => send(Object.assign({}, options, { fail: options.success }))),
  'what is sent too early waits': method('W2', 'send', (send, options, task) => (task.readyState === 0 ? task.onOpen(() => send(options)) : send(options))),
  'any code closes': method('W3', 'close', (close, options) => close(Object.assign({}, options, { code: 1000, reason: '' }))),
  'the reason of a close is counted in characters': method('W3', 'close', (close, options) => close(Object.assign({}, options, options.reason && options.reason.length < 124 ? { reason: options.reason.slice(0, 41) } : {}))),
  'the reason of a close is not sent': method('W3', 'close', (close, options) => close(Object.assign({}, options, { reason: options.reason && options.reason.length > 41 ? options.reason : undefined }))),
  'a close that is refused closes': method('W3', 'close', (close, options) => close(Object.assign({}, options, {
    fail: (result) => {
      options.fail(result);
      close({});
    },
  }))),
  'a second close succeeds': method('J10', 'close', (close, options) => close(Object.assign({}, options, { fail: options && options.success }))),
  'a close is heard twice': heard('J10', 'onClose', (news, listener) => {
    listener(news);
    later(() => listener(news));
  }),
  'protocols are not offered': { breaks: 'W4', connect: (options) => { delete options.protocols; } },
  'the header of a handshake is not told': heard('W4', 'onOpen', (news, listener) => listener({})),
  'listeners of a socket stay': { breaks: 'J3', socket: (task) => { task.offMessage = () => {}; } },
  'wx.sendSocketMessage sends nothing': { breaks: 'W5', host: (wx) => { wx.sendSocketMessage = ({ success }) => later(success); } },
  'wx.closeSocket forgets its code': { breaks: 'W5', host: (wx) => { const close = wx.closeSocket; wx.closeSocket = () => close({}); } },
  'wx.onSocketMessage has been forgotten': { breaks: 'W5', host: (wx) => { wx.onSocketMessage = () => {}; } },
};

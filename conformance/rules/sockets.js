// Sockets.

const { API, DOWN, SOCKETS, wait, is, holds, socket, opened, ask, closed } = require('../kit');

const fails = (answer, what) => holds(answer.startsWith('SocketTask.'), `${what}: ${answer}`);

module.exports = [
  ['W1', 'a socket opens, carries text and bytes in order, and closes', async () => {
    const { task, next, heard } = socket();
    is([task.readyState, task.CONNECTING, task.OPEN, task.CLOSING, task.CLOSED], [0, 0, 1, 2, 3], 'states');
    await next('open');
    is(task.readyState, 1, 'readyState');
    for (const data of ['一😀', new Uint8Array([1, 2]).buffer, '', 'last']) is(await ask(task, 'send', { data }), 'success', 'send');
    is((await next('message')).data, '一😀', 'text');
    const { data } = await next('message');
    is([data instanceof ArrayBuffer, data.byteLength], [true, 2], 'bytes');
    is([(await next('message')).data, (await next('message')).data], ['', 'last'], 'text behind them');
    is(await ask(task, 'close', {}), 'success', 'close');
    is((await next('close')).code, 1000, 'code');
    is(task.readyState, 3, 'readyState');
    await next('success');
    is(heard, [], 'nothing else');
  }],
  ['W1', 'success comes after the return and before the socket is open', async () => {
    const order = [];
    await new Promise((resolve) => {
      const task = wx.connectSocket({ url: `${SOCKETS}/`, success: () => order.push('success'), complete: () => order.push('complete') });
      order.push('return');
      task.onOpen(() => {
        order.push(`open ${task.readyState}`);
        task.close();
      });
      task.onClose(resolve);
    });
    is(order, ['return', 'success', 'complete', 'open 1'], 'order');
  }],
  ['W1', 'a close of the server is heard with its code and reason', async () => {
    const { next } = socket({ url: `${SOCKETS}/close` });
    const { code, reason } = await next('close');
    is([code, reason], [3001, 'bye'], 'close');
  }],
  ['W1', 'a connection that breaks is heard as an error and a close', async () => {
    const { next, task } = socket({ url: `${SOCKETS}/broken` });
    await next('error');
    is((await next('close')).code, 1006, 'code');
    is(task.readyState, 3, 'readyState');
  }],
  ['W1', 'a socket that is not allowed fails', async () => {
    for (const url of ['wss://ws.conformance.test:443/', 'wss://api.conformance.test/', 'ws://ws.conformance.test/', `${API}/`]) {
      const { next } = socket({ url });
      holds((await next('fail')).errMsg.startsWith('connectSocket:fail'), url);
    }
  }],
  ['W1', 'an answer that is no handshake opens nothing', async () => {
    const { next, heard } = socket({ url: `${DOWN.replace('https', 'wss')}/json` });
    is((await next('close')).code, 1006, 'code');
    holds(heard.some(([kind]) => kind === 'error') && !heard.some(([kind]) => kind === 'open'), 'error');
  }],
  ['K1', 'certificates of sockets are checked, too', async () => {
    const { next, heard } = socket({ url: 'wss://expired.conformance.test/' });
    await next('error');
    is((await next('close')).code, 1006, 'code');
    holds(!heard.some(([kind]) => kind === 'open'), 'it opened');
  }],
  ['W2', 'send fails while a socket is not open', async () => {
    const { task, next } = socket();
    fails(await ask(task, 'send', { data: 'x' }), 'before it is open');
    await next('open');
    await ask(task, 'close', {});
    await next('close');
    fails(await ask(task, 'send', { data: 'x' }), 'after its end');
  }],
  ['W3', 'codes and reasons of a close are checked', async () => {
    const { task, next } = await opened();
    for (const wrong of [{ code: 1001 }, { code: 5000 }, { code: 3000, reason: '长'.repeat(42) }]) {
      holds((await ask(task, 'close', wrong)) !== 'success', JSON.stringify(wrong));
    }
    is(task.readyState, 1, 'readyState');
    is(await ask(task, 'close', { code: 3000, reason: '好' }), 'success', 'close');
    const { code, reason } = await next('close');
    is([code, reason], [3000, '好'], 'close');
  }],
  ['J10', 'a close of one\'s own is heard once, and a second one fails', async () => {
    const one = await opened();
    await closed(one);
    fails(await ask(one.task, 'close', {}), 'a second close');
    await wait(50);
    is(one.heard.filter(([kind]) => kind === 'close' || kind === 'error'), [], 'heard after the end');
  }],
  ['W4', 'protocols are offered, and the header of the handshake is told', async () => {
    const one = socket({ protocols: ['chat', 'other'] });
    const { header } = await one.next('open');
    is([typeof header, header['Sec-WebSocket-Protocol'] || header['Sec-Websocket-Protocol'] || header['sec-websocket-protocol']], ['object', 'chat'], 'header');
    await closed(one);
  }],
  ['W5', 'the older functions speak for the first socket', async () => {
    const heard = [];
    const done = new Promise((resolve) => {
      wx.onSocketOpen(() => {
        heard.push('open');
        wx.sendSocketMessage({ data: 'old', success: () => heard.push('sent') });
      });
      wx.onSocketMessage(({ data }) => {
        heard.push(data);
        wx.closeSocket({ code: 3002 });
      });
      wx.onSocketClose(({ code }) => {
        heard.push(code);
        resolve();
      });
    });
    wx.connectSocket({ url: `${SOCKETS}/` });
    await done;
    is(heard, ['open', 'sent', 'old', 3002], 'heard');
  }],
];

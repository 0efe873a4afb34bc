// Callbacks, tasks and their listeners.

const { API, SOCKETS, wait, call, request, is, holds, succeeded, file } = require('../kit');

const upload = () => ({ url: `${API}/upload`, filePath: file('task.txt', 'x'.repeat(3000)), name: 'f' });

module.exports = [
  ['P8', 'one end, then complete with the same object, never before the call returns', async () => {
    for (const url of [`${API}/json`, 'https://other.conformance.test/', `${API}/cut/1000`, undefined]) {
      let returned = false;
      let early = false;
      const end = await new Promise((resolve) => {
        const ends = [];
        const note = (kind) => (result) => {
          early = early || !returned;
          ends.push([kind, result]);
        };
        wx.request({
          url, success: note('success'), fail: note('fail'),
          complete: (result) => {
            note('complete')(result);
            setTimeout(() => resolve(ends), 20);
          },
        });
        returned = true;
      });
      holds(!early, `${url}: before the return`);
      is(end.map(([kind]) => kind), [url === `${API}/json` ? 'success' : 'fail', 'complete'], `${url}`);
      holds(end[0][1] === end[1][1], 'another object');
    }
  }],
  ['J1', 'functions and methods work without this, and can be replaced', async () => {
    const honest = wx.request;
    is((await new Promise((complete) => honest({ url: `${API}/json`, complete }))).statusCode, 200, 'without this');
    wx.request = () => 'mine';
    const mine = wx.request();
    wx.request = honest;
    is(mine, 'mine', 'replaced');
    wx.conformance = 1;
    is(wx.conformance, 1, 'extended');
    delete wx.conformance;
    const end = await request(`${API}/never`, {}, ({ abort }) => setTimeout(abort, 20));
    is(end.result.errMsg, 'request:fail abort', 'abort without this');
  }],
  ['J2', 'callbacks are wanted of nobody', async () => {
    const tasks = [wx.request({ url: `${API}/never` }), wx.downloadFile({ url: `${API}/never` }), wx.uploadFile(Object.assign(upload(), { url: `${API}/never` }))];
    for (const task of tasks) task.abort();
    succeeded(await request(`${API}/json`, { timeout: undefined }), 'another call');
    is((await new Promise((success) => wx.request({ url: `${API}/json`, success }))).statusCode, 200, 'success alone');
    is((await new Promise((fail) => wx.request({ url: 'https://other.conformance.test/', fail }))).errno, 600002, 'fail alone');
  }],
  ['J3', 'a task is there at once, with all its methods, and can be extended', async () => {
    const methods = {
      request: ['abort', 'onHeadersReceived', 'offHeadersReceived', 'onChunkReceived', 'offChunkReceived'],
      downloadFile: ['abort', 'onHeadersReceived', 'offHeadersReceived', 'onProgressUpdate', 'offProgressUpdate'],
      uploadFile: ['abort', 'onHeadersReceived', 'offHeadersReceived', 'onProgressUpdate', 'offProgressUpdate'],
    };
    for (const api of Object.keys(methods)) {
      const task = wx[api](Object.assign(upload(), { filePath: api === 'uploadFile' ? upload().filePath : undefined, url: `${API}/never` }));
      is(methods[api].filter((name) => typeof task[name] !== 'function'), [], api);
      task.mine = 1;
      const { abort } = task;
      task.abort = () => { abort(); };
      is(task.mine, 1, 'extended');
      task.abort();
    }
  }],
  ['J4', 'a callback that throws disturbs nothing, and results can be changed', async () => {
    const swallow = () => {};
    wx.onError(swallow);
    const heard = await new Promise((resolve) => {
      wx.request({
        url: `${API}/json`,
        success: (result) => {
          result.data = 'mine';
          result.mine = 1;
          throw new Error('thrown by a callback, as a rule wants it');
        },
        complete: resolve,
      });
    });
    is([heard.data, heard.mine], ['mine', 1], 'complete');
    await wait(20);
    wx.offError(swallow);
    is(typeof succeeded(await request(`${API}/json`), 'the next').data, 'object', 'the next');
  }],
  ['J3', 'each of several listeners hears, and who was taken off does not', async () => {
    const heard = { first: 0, second: 0, off: 0 };
    const listeners = {};
    for (const name of Object.keys(heard)) listeners[name] = () => { heard[name] += 1; };
    await call('uploadFile', upload(), (task) => {
      for (const name of Object.keys(heard)) task.onProgressUpdate(listeners[name]);
      task.offProgressUpdate(listeners.off);
    });
    holds(heard.first > 0 && heard.first === heard.second, JSON.stringify(heard));
    is(heard.off, 0, 'taken off');
  }],
  ['J3', 'without one, all listeners are taken off', async () => {
    let heard = 0;
    await request(`${API}/json`, {}, (task) => {
      task.onHeadersReceived(() => { heard += 1; });
      task.onHeadersReceived(() => { heard += 1; });
      task.offHeadersReceived();
    });
    is(heard, 0, 'heard');
  }],
  ['J3', 'a listener of a socket is taken off, too', async () => {
    let heard = 0;
    const count = () => { heard += 1; };
    await new Promise((resolve) => {
      const task = wx.connectSocket({ url: `${SOCKETS}/` });
      task.onMessage(count);
      task.offMessage(count);
      task.onMessage(() => task.close({}));
      task.onOpen(() => task.send({ data: 'x' }));
      task.onClose(resolve);
    });
    is(heard, 0, 'heard');
  }],
];

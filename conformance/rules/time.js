// When calls begin and end.

const { API, DOWN, SOCKETS, wait, call, request, is, holds, succeeded, failed, socket, opened, closed, file } = require('../kit');

const never = (api, options, during) => call(api, Object.assign({ url: `${API}/never`, filePath: api === 'uploadFile' ? file('t', 'x') : undefined, name: 'f' }, options), during);

const APIS = ['request', 'uploadFile', 'downloadFile'];

// Ten calls that nobody answers, while something else is done; `tasks` ends them.
async function ten(apis, work) {
  const tasks = [];
  const calls = [];
  for (let n = 0; n < 10; n += 1) calls.push(never(apis[n % apis.length], { timeout: 20000 }, (task) => tasks.push(task)));
  try {
    return await work(tasks);
  } finally {
    for (const task of tasks) task.abort();
    await Promise.all(calls);
  }
}

async function taken(work) {
  const began = Date.now();
  await work;
  return Date.now() - began;
}

const within = (took, least, most) => holds(took >= least && took < most, `it took ${took} ms`);

module.exports = [
  ['T1', 'a timeout ends a call that is not answered, of every API', async () => {
    for (const api of APIS) {
      const end = never(api, { timeout: 300 });
      within(await taken(end), 290, 3000);
      failed(await end, api, 'timeout', 5, '/never');
    }
  }],
  ['T1', 'a timeout ends a handshake that is not answered', async () => {
    const { next } = socket({ url: `${DOWN.replace('https', 'wss')}/never`, timeout: 300 });
    const end = next('close');
    within(await taken(end), 290, 3000);
    is((await end).code, 1006, 'code');
    holds((await next('error')).errMsg.includes('timeout'), 'errMsg');
  }],
  ['T1', 'without a timeout of its own a call has that of app.json', async () => {
    const end = never('downloadFile');
    within(await taken(end), 1990, 4000);
    failed(await end, 'downloadFile', 'timeout', 5, '/never');
  }],
  ['T1', 'a timeout that is no positive number is none', async () => {
    for (const timeout of [0, -1, NaN, undefined, null]) succeeded(await request(`${API}/delay/50`, { timeout }), `${timeout}`);
  }],
  ['T2', 'a slow drip does not extend it', async () => {
    failed(await request(`${API}/drip/100/50`, { timeout: 500 }), 'request', 'timeout', 5, '/drip');
  }],
  ['C1', 'ten calls run, of all three APIs together, and the eleventh waits', async () => {
    await ten(APIS, async (tasks) => {
      let ended = false;
      const eleventh = request(`${API}/json`).then((end) => {
        ended = true;
        return end;
      });
      await wait(1000);
      holds(!ended, 'the eleventh did not wait');
      tasks[0].abort();
      succeeded(await eleventh, 'the eleventh');
    });
  }],
  ['C1', 'ten calls run at once', async () => {
    const calls = [];
    for (let n = 0; n < 10; n += 1) calls.push(request(`${API}/delay/500`));
    within(await taken(Promise.all(calls)), 490, 990);
  }],
  ['C1', 'a call that was aborted or timed out makes room for one that waits', async () => {
    await ten(['request'], async (tasks) => {
      const waits = request(`${API}/json`);
      tasks[0].abort();
      succeeded(await waits, 'after an abort');
      const timedOut = request(`${API}/never`, { timeout: 200 });
      const waitsAgain = request(`${API}/json`);
      holds(!(await timedOut).ok, '/never');
      succeeded(await waitsAgain, 'after a timeout');
    });
  }],
  ['C2', 'what waits begins in the order of the calls', async () => {
    const ends = [];
    await ten(['request'], async (tasks) => {
      const waiting = [1, 2, 3, 4].map((n) => request(`${API}/json`).then(() => ends.push(n)));
      tasks[0].abort();
      await Promise.all(waiting);
    });
    is(ends, [1, 2, 3, 4], 'ends');
  }],
  ['C2', 'time spent in the queue is no time of the call', async () => {
    await ten(['request'], async (tasks) => {
      const waits = request(`${API}/delay/50`, { timeout: 400 });
      await wait(500);
      tasks[0].abort();
      succeeded(await waits, 'a call that waited longer than its timeout');
    });
  }],
  ['C2', 'no call fails because others run', async () => {
    const calls = [];
    for (let n = 0; n < 40; n += 1) calls.push(request(`${API}/json`));
    for (const end of await Promise.all(calls)) succeeded(end, 'one of forty');
  }],
  ['C3', 'five sockets, and no sixth', async () => {
    const sockets = [];
    for (let n = 0; n < 5; n += 1) sockets.push(socket());
    const sixth = socket();
    holds((await sixth.next('fail')).errMsg.startsWith('connectSocket:fail'), 'the sixth');
    for (const one of sockets) {
      await one.next('open');
      await closed(one);
    }
    await closed(await opened());
  }],
  ['C4', 'abort ends a running call and one that waits', async () => {
    const calls = [];
    const tasks = [];
    for (let n = 0; n < 11; n += 1) calls.push(request(`${API}/never`, {}, (task) => tasks.push(task)));
    setTimeout(() => tasks.reverse().forEach((task) => task.abort()), 100);
    for (const end of await Promise.all(calls)) is(end.result.errMsg, 'request:fail abort', 'errMsg');
  }],
  ['C4', 'abort ends an upload and a download, and does nothing after the end', async () => {
    for (const api of APIS) {
      const end = await never(api, {}, (task) => setTimeout(task.abort, 50));
      is(end.result.errMsg, `${api}:fail abort`, 'errMsg');
      const whole = await call(api, { url: `${API}/json`, filePath: api === 'uploadFile' ? file('t', 'x') : undefined, name: 'f' });
      whole.task.abort();
      await wait(20);
      is(whole.ends.map(([kind]) => kind), ['success', 'complete'], api);
    }
  }],
  ['C4', 'after abort nothing of the call is heard', async () => {
    const heard = [];
    const end = await request(`${API}/drip/100/10`, { enableChunked: true }, (task) => {
      task.onChunkReceived(() => {
        if (heard.push('chunk') === 2) task.abort();
      });
    });
    await wait(50);
    is([heard.length, end.ends.map(([kind]) => kind)], [2, ['fail', 'complete']], 'heard');
  }],
];

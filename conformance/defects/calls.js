// Ends of calls, time, the queue, tasks and callbacks.

const later = (work) => setTimeout(work, 0);

// A queue of the host's own, in front of the honest one: `most` calls at once, and which of those that wait is next.
function queue(most, next, frees) {
  const waiting = [];
  let running = 0;
  const go = () => {
    while (running < most && waiting.length) {
      running += 1;
      next(waiting)();
    }
  };
  return (honest, options, api) => {
    let task;
    let over = false;
    const end = (kind) => (result) => {
      over = true;
      if (task) {
        if (frees(result)) running -= 1;
        later(go);
      }
      options[kind](result);
    };
    const begin = () => {
      if (over) running -= 1;
      else task = honest(Object.assign({}, options, { success: end('success'), fail: end('fail') }));
    };
    waiting.push(begin);
    go();
    if (task) return task;
    return { abort: () => (task ? task.abort() : over || end('fail')({ errMsg: `${api}:fail abort` })) };
  };
}

// A clock of the host's own: the call has no timeout, and is aborted when this one ends.
const clock = (breaks, listen) => {
  const late = new Set();
  return {
    breaks,
    call: (honest, options) => {
      const { timeout } = options;
      const task = honest(Object.assign({}, options, { timeout: undefined }));
      if (timeout > 0) {
        const timer = setTimeout(() => {
          late.add(options);
          task.abort();
        }, timeout);
        listen(task, timer);
      }
      return task;
    },
    ends: (end, api, options) => {
      if (options.timeout > 0 && end.result.errMsg === `${api}:fail abort`) end.result = { errMsg: `${api}:fail timeout`, errno: 5 };
    },
  };
};

const callbacks = (breaks, tell) => ({ breaks, tell });

module.exports = {
  'timeouts are forgotten': { breaks: 'T1', options: (options) => { delete options.timeout; } },
  'only requests have timeouts': { breaks: 'T1', options: (options, api) => { if (api !== 'request') delete options.timeout; } },
  'handshakes of sockets have no timeout': { breaks: 'T1', connect: (options) => { delete options.timeout; } },
  'the timeouts of app.json are forgotten': { breaks: 'T1', options: (options) => { if (!(options.timeout > 0)) options.timeout = 60000; } },
  'a timeout of 0 is over at once': { breaks: 'T1', options: (options) => { if (options.timeout === 0) options.timeout = 1; } },
  'a timeout has the number of the network': { breaks: 'T1', ends: ({ result }) => { if (result.errno === 5) result.errno = 600001; } },
  'a timeout ends with the headers': clock('T2', (task, timer) => task.onHeadersReceived(() => clearTimeout(timer))),
  'time in the queue counts': clock('C2', () => {}),
  'six calls run at once': { breaks: 'C1', call: queue(6, (waiting) => waiting.shift(), () => true) },
  'downloads are not counted with the others': { breaks: 'C1', call: (honest, options, api) => (api === 'downloadFile' ? { abort: () => setTimeout(options.fail, 0, { errMsg: `${api}:fail abort` }) } : honest(options)) },
  'an aborted call keeps its place': { breaks: 'C1', call: queue(10, (waiting) => waiting.shift(), ({ errMsg }) => !errMsg.includes('abort')) },
  'a call that timed out keeps its place': { breaks: 'C1', call: queue(10, (waiting) => waiting.shift(), ({ errno }) => errno !== 5) },
  'the last that waits is the first that runs': { breaks: 'C2', call: queue(10, (waiting) => waiting.pop(), () => true) },
  'the eleventh call fails': (() => {
    let running = 0;
    return {
      breaks: 'C2',
      refuse: () => {
        running += 1;
        return running > 10 ? 'exceed max task count' : undefined;
      },
      ends: () => { running -= 1; },
    };
  })(),
  'a sixth socket opens': {
    breaks: 'C3',
    connect: (options) => {
      const { success } = options;
      options.fail = () => { if (success) success({ errMsg: 'connectSocket:ok' }); };
    },
  },
  'abort does nothing': { breaks: 'C4', task: (task) => { task.abort = () => {}; } },
  'abort is for requests alone': { breaks: 'C4', task: (task, api) => { if (api !== 'request') task.abort = () => {}; } },
  'abort has other words': { breaks: 'C4', ends: ({ result }) => { if (`${result.errMsg}`.endsWith('fail abort')) result.errMsg = 'request:fail canceled'; } },
  'abort after the end fails again': (() => {
    const ends = new Map();
    return {
      breaks: 'C4',
      call: (honest, options, api) => {
        const task = honest(options);
        const { abort } = task;
        task.abort = () => {
          abort();
          const told = ends.get(options.url);
          if (told) told(api);
        };
        return task;
      },
      tell: (end, { success, fail, complete }) => {
        const told = end.ok ? success : fail;
        if (told) told(end.result);
        if (complete) complete(end.result);
        if (fail) ends.set('https://api.conformance.test/json', (api) => fail({ errMsg: `${api}:fail abort` }));
      },
    };
  })(),
  'chunks come behind an abort': {
    breaks: 'C4',
    task: (task) => {
      const { abort, onChunkReceived } = task;
      if (!onChunkReceived) return;
      task.onChunkReceived = (listener) => {
        onChunkReceived(listener);
        task.abort = () => {
          abort();
          later(() => listener({ data: new ArrayBuffer(1) }));
        };
      };
    },
  },
  'the end comes twice': callbacks('P8', (end, { success, fail, complete }) => {
    for (let n = 0; n < 2; n += 1) {
      const told = end.ok ? success : fail;
      if (told) told(end.result);
      if (complete) complete(end.result);
    }
  }),
  'complete gets a copy': callbacks('P8', (end, { success, fail, complete }) => {
    const told = end.ok ? success : fail;
    if (told) told(end.result);
    if (complete) complete(Object.assign({}, end.result));
  }),
  'complete comes first': callbacks('P8', (end, { success, fail, complete }) => {
    if (complete) complete(end.result);
    const told = end.ok ? success : fail;
    if (told) told(end.result);
  }),
  'complete comes of a success alone': callbacks('P8', (end, { success, fail, complete }) => {
    const told = end.ok ? success : fail;
    if (told) told(end.result);
    if (complete && end.ok) complete(end.result);
  }),
  'a refusal comes before the call returns': {
    breaks: 'P8',
    call: (honest, options, api) => {
      if (!`${options.url}`.includes('other.')) return honest(options);
      options.fail({ errMsg: `${api}:fail url not in domain list`, errno: 600002 });
      return { abort: () => {} };
    },
  },
  'a wrong option throws': {
    breaks: 'P8 J2',
    call: (honest, options) => {
      if (typeof options.url !== 'string') throw new TypeError('url');
      return honest(options);
    },
  },
  'a callback that throws takes the next with it': callbacks('J4', (end, { success, fail, complete }) => {
    try {
      const told = end.ok ? success : fail;
      if (told) told(end.result);
      if (complete) complete(end.result);
    } catch {
      // Swallowed.
    }
  }),
  'results are frozen': { breaks: 'J4', ends: ({ result }) => { Object.freeze(result); } },
  'wx is frozen': { breaks: 'J1', host: (wx) => { Object.freeze(wx); } },
  'methods need their task': {
    breaks: 'J1 J3',
    task: (task) => {
      const { abort } = task;
      task.abort = function abortOf() {
        if (this === task) abort();
      };
    },
  },
  'without callbacks there is a promise': { breaks: 'J2', call: (honest, options) => honest(options), host: (wx) => {
    for (const api of ['request', 'downloadFile', 'uploadFile']) {
      const honest = wx[api];
      wx[api] = (options) => (options.success || options.fail || options.complete ? honest(options) : new Promise((success, fail) => honest(Object.assign({}, options, { success, fail }))));
    }
  } },
  'the callbacks of a call are all needed': callbacks('J2', (end, { success, fail, complete }) => {
    if (!success || !fail) return;
    (end.ok ? success : fail)(end.result);
    if (complete) complete(end.result);
  }),
  'tasks are frozen': { breaks: 'J3', task: (task) => { Object.freeze(task); } },
  'a task has the methods of its options': { breaks: 'J3', task: (task) => { delete task.onChunkReceived; } },
  'a second listener takes the place of the first': {
    breaks: 'J3',
    task: (task) => {
      const { onProgressUpdate, offProgressUpdate } = task;
      if (!onProgressUpdate) return;
      task.onProgressUpdate = (listener) => {
        offProgressUpdate();
        onProgressUpdate(listener);
      };
    },
  },
  'listeners cannot be taken off': { breaks: 'J3', task: (task) => { if (task.offProgressUpdate) task.offProgressUpdate = () => {}; } },
  'all listeners at once cannot be taken off': {
    breaks: 'J3',
    task: (task) => {
      const { offHeadersReceived } = task;
      task.offHeadersReceived = (listener) => { if (listener) offHeadersReceived(listener); };
    },
  },
  'options are filled in': {
    breaks: 'J2',
    host: (wx) => {
      const honest = wx.request;
      wx.request = (options) => {
        if (options.header) options.header['content-type'] = options.header['content-type'] || 'application/json';
        return honest(options);
      };
    },
  },
};

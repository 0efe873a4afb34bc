// Hosts that keep all rules but one, made of one that keeps them all: each must be found by `app.js`. `defects.sh` puts one line before this file,
// `const DEFECT = '…';`, and `app.js` behind it.

const LATER = (work) => setTimeout(work, 0);

const inUrl = (from, to) => (options) => {
  if (typeof options.url === 'string') options.url = options.url.replace(from, to);
};

const DEFECTS = {
  'a status of 400 and above fails': { ends: (end) => { if (end.result.statusCode >= 400) end.ok = false; } },
  'timeouts are forgotten': { options: (options) => { delete options.timeout; } },
  'JSON is never parsed': { ends: ({ result }) => { if (typeof result.data === 'object' && !(result.data instanceof ArrayBuffer)) result.data = JSON.stringify(result.data); } },
  'no byte order mark is removed': { ends: ({ result }) => { if (typeof result.data === 'string') result.data = `\ufeff${result.data}`; } },
  'the answer to an upload is parsed': { ends: ({ api, result }) => { if (api === 'uploadFile' && result.data) result.data = JSON.parse(result.data); } },
  'a download has both paths': { ends: ({ result }) => { if (result.filePath) result.tempFilePath = result.filePath; } },
  'cookies are one text': { ends: ({ result }) => { if (result.cookies) result.cookies = [result.cookies.join(',')]; } },
  'a failure has no number': { ends: ({ result }) => { delete result.errno; } },
  'complete gets a copy': { complete: (result) => Object.assign({}, result) },
  'the end comes twice': { ends: (end, again) => LATER(again) },
  'abort does nothing': { task: (task) => { task.abort = () => {}; } },
  'http becomes https': { options: inUrl(/^http:/, 'https:') },
  'the default port is dropped': { options: inUrl(':443/', '/') },
  'a dot behind a name is dropped': { options: inUrl('test./', 'test/') },
  'GET has no query of data': { options: (options) => { if (!options.method) delete options.data; } },
  'content-type is always JSON': { options: (options) => { options.header = Object.assign({}, options.header, { 'content-type': 'application/json' }); } },
  'chunks are not told': { task: (task) => { task.onChunkReceived = () => {}; } },
  'progress is not told': { task: (task) => { task.onProgressUpdate = () => {}; } },
  'send never fails': { socket: (task) => { const { send } = task; task.send = (options) => { send(Object.assign({}, options, { success: options.success, fail: options.success })); }; } },
  'any code closes': { socket: (task) => { const { close } = task; task.close = (options) => close(Object.assign({}, options, { code: 1000, reason: '' })); } },
};

const defect = DEFECTS[DEFECT];
if (!defect) throw new Error(`no such defect: ${DEFECT}`);

for (const api of ['request', 'uploadFile', 'downloadFile']) {
  const honest = wx[api];
  wx[api] = (given) => {
    const options = {};
    for (const name in given) options[name] = given[name];
    const { success, fail, complete } = options;
    if (defect.options) defect.options(options);
    const finish = (ok, result) => {
      const end = { api, ok, result };
      const tell = () => {
        const told = end.ok ? success : fail;
        if (told) told(end.result);
        if (complete) complete(defect.complete ? defect.complete(end.result) : end.result);
      };
      // The second end comes before whoever waits for one has gone on.
      if (defect.ends) defect.ends(end, tell);
      tell();
    };
    const task = honest(Object.assign({}, options, {
      success: (result) => finish(true, result),
      fail: (result) => finish(false, result),
      complete: undefined,
    }));
    if (defect.task) defect.task(task);
    return task;
  };
}

const connect = wx.connectSocket;
wx.connectSocket = (options) => {
  const task = connect(options);
  if (defect.socket) defect.socket(task);
  return task;
};

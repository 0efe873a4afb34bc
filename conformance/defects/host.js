// A host of one that keeps all rules, with one defect. A defect is an object of what it does at each place:
//
//   host(wx)                    before anything else
//   options(options, api)       to a copy of the options of a call
//   refuse(options, api)        answers the text of a failure that the call gets in place of an answer
//   sent(seen, options)         to what a server says that it got (`/echo`): stands for what the host would have sent
//   ends(end, api, options)     to the end of a call, `{ ok, result }`
//   tell(end, callbacks, api)   in place of the callbacks
//   task(task, api)             to the task of a call
//   call(call, options, api)    in place of the call
//   connect(options)            to a copy of the options of a socket
//   socket(task, options)       to the task of a socket

const copied = (given) => {
  const options = {};
  for (const name in given) options[name] = given[name];
  return options;
};

const honestly = (end, { success, fail, complete }) => {
  const told = end.ok ? success : fail;
  try {
    if (told) told(end.result);
  } finally {
    if (complete) complete(end.result);
  }
};

// The server's words stand in the data as an object, or as text where nothing is parsed.
function resent(defect, { result }, options) {
  if (!/\/echo(\?|$)/.test(options.url) || !result.data || result.data instanceof ArrayBuffer) return;
  const parsed = typeof result.data === 'object';
  const seen = parsed ? result.data : JSON.parse(result.data);
  defect.sent(seen, options);
  result.data = parsed ? seen : JSON.stringify(seen);
}

function call(defect, api, honest, given) {
  const options = copied(given);
  const asked = copied(options);
  const { success, fail, complete } = options;
  if (defect.options) defect.options(options, api);
  const finish = (ok, result) => {
    const end = { ok, result };
    if (ok && defect.sent) resent(defect, end, asked);
    if (defect.ends) defect.ends(end, api, asked);
    (defect.tell || honestly)(end, { success, fail, complete }, api);
  };
  const words = defect.refuse && defect.refuse(options, api);
  if (words) options.url = 'https://refused.conformance.test/';
  Object.assign(options, {
    success: (result) => finish(true, result),
    fail: (result) => finish(false, words ? { errMsg: `${api}:fail ${words}`, errno: 600002 } : result),
    complete: undefined,
  });
  const task = defect.call ? defect.call(honest, options, api) : honest(options);
  if (defect.task) defect.task(task, api);
  return task;
}

module.exports = (defect) => {
  for (const api of ['request', 'uploadFile', 'downloadFile']) {
    const honest = wx[api];
    wx[api] = (options) => call(defect, api, honest, options);
  }
  const connect = wx.connectSocket;
  wx.connectSocket = (given) => {
    const options = copied(given);
    if (defect.connect) defect.connect(options);
    const task = connect(options);
    if (defect.socket) defect.socket(task, options);
    return task;
  };
  if (defect.host) defect.host(wx);
};

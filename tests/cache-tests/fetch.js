// `fetch` by `wx.request`, as far as the suite needs it. What it asks of a browser's cache mode is left out: every call has `enableCache`.
function fetch(url, init = {}) {
  return new Promise((resolve, reject) => {
    const header = {}
    for (const [name, value] of init.headers || []) header[name] = header[name] === undefined ? value : header[name] + ', ' + value
    const task = wx.request({
      url, header, method: init.method || 'GET', data: init.body, enableCache: true, dataType: 'text',
      redirect: init.redirect === 'manual' ? 'manual' : 'follow',
      success: ({ statusCode, header, data }) => resolve({ status: statusCode, statusText: '', text: async () => data, headers: headersOf(header) }),
      fail: ({ errMsg }) => reject(Object.assign(new Error(errMsg), { name: 'TypeError' })),
    })
    if (init.signal) init.signal.abort = () => task.abort()
  })
}

// The platform joins repeated headers with a comma alone.
function headersOf(header) {
  const list = Object.entries(header).map(([name, value]) => [name.toLowerCase(), value.replace(/,(?! )/g, ', ')])
  const map = Object.fromEntries(list)
  return {
    get: (name) => map[name.toLowerCase()] ?? null,
    has: (name) => name.toLowerCase() in map,
    forEach: (f) => list.forEach(([name, value]) => f(value, name)),
    [Symbol.iterator]: () => list[Symbol.iterator](),
  }
}

class AbortController {
  signal = {}
  abort() { this.signal.abort?.() }
}

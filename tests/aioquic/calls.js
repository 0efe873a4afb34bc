// Calls of every kind over HTTP/3; the first learns over TCP that the server speaks it.
const url = 'https://api.example.com:' + host.args[0]
const call = (path, options) => new Promise((resolve) => wx.request({
  url: url + path, enableQuic: true, dataType: 'text', ...options,
  complete: (r) => resolve(`${r.errMsg} ${r.profile && r.profile.protocol} ${r.data === undefined ? 'nothing' : r.data.byteLength ?? r.data.length}`),
}))
const run = async () => {
  host.print('learn ' + await call('/'))
  host.print('get ' + await call('/hello'))
  host.print('post ' + await call('/', { method: 'POST', data: 'x'.repeat(3000000) }))
  host.print('head ' + await call('/', { method: 'HEAD' }))
  const many = Array.from({ length: 50 }, (_, i) => call('/bytes/' + (i * 10000)))
  const quic = (await Promise.all(many)).filter((line) => line.startsWith('request:ok quic'))
  host.print('many ' + quic.length)
  host.print('large ' + await call('/bytes/20000000', { responseType: 'arraybuffer' }))
}
run()

// The mini-program: calls each function as a program would, and prints what it was read for and what came. One line of JSON a call:
// {name, options: what was read of the options, returns: names of the result, heard: {success|fail|listener: {field: …}}, canIUse: […]}
const [url, socketUrl, deadUrl, questions] = host.args
const text = (value) => JSON.stringify(value, (_, v) => (v instanceof ArrayBuffer ? 'ArrayBuffer' : v))
const namesOf = (value) => (value !== null && typeof value === 'object' ? Object.keys(value) : [])
const print = (line) => host.print(text(line))

// Notes what is read of it, and has nothing of its own but what is given.
function watched(given, read) {
  return new Proxy(given, { get: (target, name) => { if (typeof name === 'string') read.push(name); return target[name] } })
}

function called(name, given) {
  const options = []
  return new Promise((resolve) => {
    const heard = {}
    const outcome = (kind) => (result) => { heard[kind] = result }
    const complete = () => resolve(heard)
    const task = wx[name](watched({ ...given, success: outcome('success'), fail: outcome('fail'), complete }, options))
    print({ name, options, returns: namesOf(task) })
  }).then((heard) => { print({ name, heard }); return heard })
}

const listened = (name, add) => new Promise((resolve) => add((result) => { print({ name, heard: { listener: result } }); resolve() }))

async function all() {
  for (const name of Object.keys(wx)) print({ name, options: [], returns: [] })
  for (const schema of JSON.parse(questions)) print({ name: 'canIUse', question: schema, answer: wx.canIUse(schema) })
  await called('request', { url: url + 'redirect' })
  await called('request', { url: url + 'large' })
  await called('request', { url: url + 'again' })
  await called('request', { url: deadUrl })
  const { success: { tempFilePath } } = await called('downloadFile', { url: url + 'large' })
  await called('downloadFile', { url, filePath: wx.env.USER_DATA_PATH + '/here' })
  await called('downloadFile', { url: deadUrl })
  await called('uploadFile', { url: url + 'large', filePath: tempFilePath, name: 'file' })
  await called('uploadFile', { url: deadUrl, filePath: tempFilePath, name: 'file' })
  await Promise.all([
    listened('onSocketOpen', wx.onSocketOpen), listened('onSocketMessage', wx.onSocketMessage), listened('onSocketClose', wx.onSocketClose),
    called('connectSocket', { url: socketUrl }), (async () => {
      await new Promise((opened) => { setTimeout(opened, 300) })
      await called('sendSocketMessage', { data: 'x' })
      await called('closeSocket', {})
    })(),
  ])
  await called('sendSocketMessage', { data: 'x' })
  await called('closeSocket', {})
  await called('connectSocket', { url: 'nonsense' })
  await Promise.all([listened('onSocketError', wx.onSocketError), called('connectSocket', { url: deadUrl.replace('http', 'ws') })])
  await called('getNetworkType', {})
  await called('getLocalIPAddress', {})
  await called('getRandomValues', { length: 3 })
  await called('getRandomValues', {})
  const alive = setInterval(() => {}, 1000) // a program with nothing but listeners ends
  for (const kind of ['Status', 'Weak']) {
    const heard = listened(`onNetwork${kind}Change`, wx[`onNetwork${kind}Change`])
    host.setNetwork({ networkType: kind === 'Weak' ? '2g' : '4g', signalStrength: -70, weakNet: kind === 'Weak' })
    await heard
    wx[`offNetwork${kind}Change`]()
  }
  clearInterval(alive)
  await called('getNetworkType', {})
}
all()

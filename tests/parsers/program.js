// The mini-program: uploads what it is told and prints what the server made of it.
const [url, cases] = host.args
const outcome = ({ errMsg, statusCode, data }) => ({ errMsg, statusCode, data })

async function upload(options) {
  const result = await new Promise((complete) => wx.uploadFile({ url, ...options, complete }))
  host.print(JSON.stringify(outcome(result)))
}

async function all() {
  for (const options of JSON.parse(host.readTextFile(cases))) await upload(options)
}
all()

// The client side of the Autobahn|Testsuite as a mini-program, for `appnet run` (see ../autobahn-stack.sh): every message of a case goes
// back as it came. Arguments: the fuzzing server's URL, and the name to stand in its report.
const [server, agent] = host.args

// Resolves when the server has closed the socket. A send after that is one that a case wants to be in vain.
const converse = (path, hear) => new Promise((resolve, reject) => {
  const socket = wx.connectSocket({ url: server + path, perMessageDeflate: true, tcpNoDelay: true, fail: ({ errMsg }) => reject(new Error(errMsg)) })
  socket.onMessage(({ data }) => hear(data, socket))
  socket.onClose(resolve)
})

async function main() {
  let count = 0
  await converse('/getCaseCount', (data) => { count = Number(data) })
  for (let number = 1; number <= count; number++) await converse(`/runCase?case=${number}&agent=${agent}`, (data, socket) => socket.send({ data }))
  await converse(`/updateReports?agent=${agent}`, () => {})
  host.print(`${agent}: ${count} cases`)
  if (!count) throw new Error(`${server} has no cases`)
}

main()

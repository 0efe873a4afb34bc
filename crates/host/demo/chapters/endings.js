const request = require('../utils/request')
const say = require('../utils/say')

exports.title = 'How a call ends early'
exports.about = ['A server that never answers: timeout: 300, then abort() after 100 ms.']

exports.run = async () => {
  const began = host.now()
  const late = await request('/never', { timeout: 300 })
  say.promise(`${late.errMsg} (${late.errno}) after ${Math.round(host.now() - began)} ms`, late.errMsg === 'request:fail timeout' && late.errno === 5)
  const ended = await request('/never', {}, (task) => setTimeout(task.abort, 100))
  // The program hears of its own abort at once; the host's record of the call comes a moment later.
  await new Promise((resolve) => setTimeout(resolve, 50))
  say.promise(ended.errMsg, ended.errMsg === 'request:fail abort')
}

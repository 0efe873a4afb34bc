const request = require('../utils/request')
const say = require('../utils/say')

exports.title = 'Five seconds in the background'
exports.about = ['Three calls are under way when the person leaves. What has not ended after five seconds is interrupted.']

exports.run = async () => {
  const open = [request('/delay/1000'), request('/never'), request('/never')]
  await new Promise((resolve) => setTimeout(resolve, 100))
  const left = host.now()
  host.enterBackground()
  say.promise('the person leaves the app', true)

  const meanwhile = await request('/json')
  say.promise(`a new call in the background fails at once: ${meanwhile.errMsg}`, meanwhile.errMsg === 'request:fail interrupted' && host.now() - left < 1000)

  const [within, ...after] = await Promise.all(open)
  const seconds = (host.now() - left) / 1000
  say.promise('the call that ended within the grace succeeded', within.statusCode === 200)
  say.promise(
    `the others after ${seconds.toFixed(1)} s: ${after[0].errMsg} (${after[0].errno})`,
    seconds > 4.9 && seconds < 6.5 && after.every(({ errMsg, errno }) => errMsg === 'request:fail interrupted' && errno === 600003),
  )

  host.enterForeground()
  const again = await request('/json')
  say.promise('the person comes back, and calls work again', again.statusCode === 200)
}

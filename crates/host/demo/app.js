// The mini-program of `appnet demo`. It runs as any other would: app.json, server-domains.json, require, wx.
const say = require('./utils/say')

const chapters = [
  require('./chapters/first'),
  require('./chapters/domains'),
  require('./chapters/queue'),
  require('./chapters/text'),
  require('./chapters/stream'),
  require('./chapters/files'),
  require('./chapters/chat'),
  require('./chapters/endings'),
  require('./chapters/background'),
]

App({
  async onLaunch() {
    for (const { title, about, run } of chapters) {
      say.chapter(title, about)
      await run()
    }
    say.summary()
    host.exit(say.failed() ? 1 : 0)
  },
})

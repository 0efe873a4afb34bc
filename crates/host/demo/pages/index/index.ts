import * as background from '../../chapters/background'
import * as chat from '../../chapters/chat'
import * as domains from '../../chapters/domains'
import * as endings from '../../chapters/endings'
import * as files from '../../chapters/files'
import * as first from '../../chapters/first'
import * as queue from '../../chapters/queue'
import * as stream from '../../chapters/stream'
import * as text from '../../chapters/text'
import * as say from '../../utils/say'
import type { Chapter } from '../../utils/types'

const chapters: Chapter[] = [first, domains, queue, text, stream, files, chat, endings, background]

Page({
  async onLoad() {
    for (const { title, about, run } of chapters) {
      say.chapter(title, about)
      await run()
    }
    say.summary()
    host.exit(say.failed() ? 1 : 0)
  },
})

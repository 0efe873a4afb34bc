import type { Progress } from './types'

// How far a transfer is: a bar that moves where a terminal can move it, else a line for each quarter.
const terminal = host.args.includes('terminal')
const WIDTH = 40
const mebibytes = (bytes: number) => (bytes / 1048576).toFixed(1)

export default (label: string) => {
  let last = -1, back = false, shown = -1

  function line(progress: number, done: number, total: number): string {
    const full = Math.round(progress * WIDTH / 100)
    return `   ${label.padEnd(9)}${'█'.repeat(full)}${'░'.repeat(WIDTH - full)} ${String(progress).padStart(3)} %  ${mebibytes(done)} of ${mebibytes(total)} MiB`
  }

  function show({ progress, totalBytesSent, totalBytesExpectedToSend, totalBytesWritten = totalBytesSent, totalBytesExpectedToWrite = totalBytesExpectedToSend }: Progress) {
    back = back || progress < last
    last = progress
    const step = terminal ? progress : Math.floor(progress / 25)
    if (step === shown) return
    // Up a line and over the bar that is there.
    host.print((terminal && shown >= 0 ? '\x1b[1A\x1b[2K' : '') + line(progress, totalBytesWritten, totalBytesExpectedToWrite))
    shown = step
  }

  return { show, steady: () => !back, whole: () => last === 100 }
}

// What the calls of `wx` answer, as far as the demo looks at it.

export type Heard = string | ArrayBuffer

export interface Result {
  errMsg: string
  errno?: number
  statusCode?: number
  data?: any
  profile?: any
  tempFilePath?: string
}

export interface Task {
  abort(): void
  onChunkReceived?(listener: (chunk: { data: ArrayBuffer }) => void): void
}

export interface Closed {
  code: number
  reason: string
}

export interface Progress {
  progress: number
  totalBytesSent?: number
  totalBytesExpectedToSend?: number
  totalBytesWritten?: number
  totalBytesExpectedToWrite?: number
}

export interface Member {
  join(name: string): Promise<Result>
  say(data: Heard): Promise<Result>
  hears(count: number): Promise<Heard[]>
  ended(): Promise<Closed>
  leave(): Promise<Closed>
  state(): number
}

export interface Chapter {
  title: string
  about: string[]
  run(): Promise<void>
}

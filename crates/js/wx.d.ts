// What `wx.js` offers to a mini-program, in the platform's own names. `.ci/typings` compares it with the platform's official typings, and
// with what a program really finds. A field that is optional here is left out where nothing is known of it.

export interface Wx {
  request(options: RequestOptions): RequestTask
  uploadFile(options: UploadOptions): UploadTask
  downloadFile(options: DownloadOptions): DownloadTask
  connectSocket(options: SocketOptions): SocketTask
  sendSocketMessage(options: SendOptions): void
  closeSocket(options?: CloseOptions): void
  onSocketOpen(listener: (result: Opened) => void): void
  onSocketMessage(listener: (result: Message) => void): void
  onSocketError(listener: (result: Outcome) => void): void
  onSocketClose(listener: (result: Closed) => void): void
  getNetworkType(options?: Callbacks<NetworkTypeFound>): void | Promise<NetworkTypeFound>
  onNetworkStatusChange(listener: (result: NetworkStatus) => void): void
  offNetworkStatusChange(listener?: (result: NetworkStatus) => void): void
  onNetworkWeakChange(listener: (result: NetworkWeakness) => void): void
  offNetworkWeakChange(listener?: (result: NetworkWeakness) => void): void
  getLocalIPAddress(options?: Callbacks<LocalAddress>): void | Promise<LocalAddress>
  getRandomValues(options: RandomOptions): void | Promise<RandomValues>
  canIUse(schema: string): boolean
}

// ---- options ---------------------------------------------------------------------------------------------------------------

/** How a call is answered; `complete` gets the same object after `success` or `fail`. */
export interface Callbacks<Success, Fail = Outcome> {
  success?: (result: Success) => void
  fail?: (result: Fail) => void
  complete?: (result: Success | Fail) => void
}

export type Fields = Record<string, any>

export interface Common {
  url: string
  header?: Fields
  /** Milliseconds. */
  timeout?: number
}

export interface Transfer extends Common {
  enableHttp2?: boolean
  enableQuic?: boolean
  enableProfile?: boolean
  useHighPerformanceMode?: boolean
}

export interface RequestOptions extends Transfer, Callbacks<Response, Failure> {
  data?: string | Fields | ArrayBuffer
  /** In any case; PATCH is ours. CONNECT is no method of a call: it fails with `method is invalid`. */
  method?: string
  dataType?: string
  responseType?: 'text' | 'arraybuffer'
  redirect?: 'follow' | 'manual'
  enableCache?: boolean
  enableChunked?: boolean
  enableHttpDNS?: boolean
  enableHttpDNSFallback?: boolean
  httpDNSServiceId?: string
  httpDNSTimeout?: number
  forceCellularNetwork?: boolean
}

export interface UploadOptions extends Transfer, Callbacks<Uploaded> {
  filePath: string
  name: string
  formData?: Fields
}

export interface DownloadOptions extends Transfer, Callbacks<Downloaded> {
  filePath?: string
}

export interface SocketOptions extends Common, Callbacks<Outcome> {
  protocols?: string[]
  tcpNoDelay?: boolean
  perMessageDeflate?: boolean
  forceCellularNetwork?: boolean
}

export interface SendOptions extends Callbacks<Outcome> {
  data: string | ArrayBuffer
}

export interface RandomOptions extends Callbacks<RandomValues> {
  /** A whole number from 1 to 1048576. */
  length: number
}

export interface CloseOptions extends Callbacks<Outcome> {
  code?: number
  reason?: string
}

// ---- results ---------------------------------------------------------------------------------------------------------------

export interface Outcome {
  errMsg: string
  errno?: number
}

/** What went wrong below a call. */
export interface Exception {
  /** `errno` is the number as a text. */
  reasons: { errMsg: string, errno: string }[]
  retryCount: number
}

export interface Failure extends Outcome {
  /** Absent where the call never left. */
  exception?: Exception
  /** Only with `enableHttpDNS`. */
  useHttpDNS?: boolean
}

export interface Answered {
  statusCode: number
  header: Fields
  cookies: string[]
  /** Absent with `enableProfile: false`. */
  profile?: RequestProfile
  errMsg: string
}

export interface Response extends Answered {
  data: string | Fields | ArrayBuffer
  /** Absent where nothing went wrong. */
  exception?: Exception
  /** Only with `enableHttpDNS`. */
  useHttpDNS?: boolean
}

export interface Uploaded extends Answered {
  data: string
}

/** Exactly one of the two paths is there. */
export interface Downloaded extends Answered {
  tempFilePath?: string
  filePath?: string
}

/** Times are milliseconds since 1970. */
export interface RequestProfile {
  invokeStart: number
  queueStart: number
  queueEnd: number
  redirectStart: number
  redirectEnd: number
  fetchStart: number
  domainLookUpStart: number
  domainLookUpEnd: number
  /** Only with `enableHttpDNS`. */
  httpDNSDomainLookUpStart?: number
  httpDNSDomainLookUpEnd?: number
  connectStart: number
  connectEnd: number
  SSLconnectionStart: number
  SSLconnectionEnd: number
  requestStart: number
  requestEnd: number
  responseStart: number
  responseEnd: number
  peerIP?: string
  port?: number
  socketReused: boolean
  sendBytesCount: number
  receivedBytedCount: number
  protocol: string
  usingHighPerformanceMode: boolean
  /** Milliseconds, as the kernel measured it on this connection. */
  rtt?: number
  /** 0 unknown, 1 offline, 2 slow 2G, 3 2G, 4 3G, 5 4G: what the app's calls of late were like. */
  estimate_nettype: number
  httpRttEstimate?: number
  transportRttEstimate?: number
  downstreamThroughputKbpsEstimate?: number
  throughputKbps?: number
}

// ---- tasks -----------------------------------------------------------------------------------------------------------------

export interface HeadersReceived {
  statusCode: number
  header: Fields
  cookies: string[]
}

export interface Task {
  abort(): void
  onHeadersReceived(listener: (result: HeadersReceived) => void): void
  offHeadersReceived(listener?: (result: HeadersReceived) => void): void
}

export interface RequestTask extends Task {
  onChunkReceived(listener: (result: { data: ArrayBuffer }) => void): void
  offChunkReceived(listener?: (result: { data: ArrayBuffer }) => void): void
}

export interface UploadProgress {
  progress: number
  totalBytesSent: number
  totalBytesExpectedToSend: number
}

export interface UploadTask extends Task {
  onProgressUpdate(listener: (result: UploadProgress) => void): void
  offProgressUpdate(listener?: (result: UploadProgress) => void): void
}

export interface DownloadProgress {
  progress: number
  totalBytesWritten: number
  totalBytesExpectedToWrite: number
}

export interface DownloadTask extends Task {
  onProgressUpdate(listener: (result: DownloadProgress) => void): void
  offProgressUpdate(listener?: (result: DownloadProgress) => void): void
}

export interface SocketTask {
  send(options: SendOptions): void
  close(options?: CloseOptions): void
  onOpen(listener: (result: Opened) => void): void
  onMessage(listener: (result: Message) => void): void
  onError(listener: (result: Outcome) => void): void
  onClose(listener: (result: Closed) => void): void
  offOpen(listener?: (result: Opened) => void): void
  offMessage(listener?: (result: Message) => void): void
  offError(listener?: (result: Outcome) => void): void
  offClose(listener?: (result: Closed) => void): void
  readonly readyState: number
  readonly CONNECTING: 0
  readonly OPEN: 1
  readonly CLOSING: 2
  readonly CLOSED: 3
}

export interface Opened {
  header: Fields
  /** The protocol that the server chose. */
  protocol?: string
  profile: SocketProfile
}

/** Times are milliseconds since 1970; `cost`, `handshakeCost` and `rtt` are milliseconds. */
export interface SocketProfile {
  fetchStart: number
  domainLookUpStart: number
  domainLookUpEnd: number
  connectStart: number
  connectEnd: number
  /** How long connecting took, TLS included. */
  rtt: number
  handshakeCost: number
  /** From the call to the open socket. */
  cost: number
}

export interface Message {
  data: string | ArrayBuffer
}

export interface Closed {
  code: number
  reason: string
}

// ---- the device's network --------------------------------------------------------------------------------------------------

export type NetworkType = 'wifi' | '2g' | '3g' | '4g' | '5g' | 'unknown' | 'none'

export interface NetworkTypeFound {
  networkType: NetworkType
  /** dBm; absent where the host does not know it. */
  signalStrength?: number
  /** Absent where the host does not know it. */
  hasSystemProxy?: boolean
  weakNet: boolean
  errMsg: string
}

export interface NetworkStatus {
  isConnected: boolean
  networkType: NetworkType
}

export interface NetworkWeakness {
  weakNet: boolean
  networkType: NetworkType
}

export interface LocalAddress {
  localip: string
  netmask: string
  errMsg: string
}

export interface RandomValues {
  randomValues: ArrayBuffer
  errMsg: string
}

// Compiled, never run: what wx.d.ts says, beside the platform's official typings. Each pair is compared one type of it at a time,
// because a function of many parts that fits "somehow" would hide which part does not.
import type * as Ours from '../crates/js/wx'

type W = WechatMiniprogram.Wx
type The<T extends keyof W> = W[T]
type Given<F> = F extends (...given: infer G) => unknown ? NonNullable<G[0]> : never
type Result<O> = O extends { success?: (result: infer R) => void } ? R : never
type Failed<O> = O extends { fail?: (result: infer R) => void } ? R : never
type Heard<F> = Result<{ success: Given<F> }>

// Names of the first that are missing from the second; they stand in the compiler's message.
type Missing<A, B> = Exclude<keyof A, keyof B>
type Named<M> = [M] extends [never] ? true : { missing: M }
// What a program of the platform may give is taken here.
type Takes<Official, O> = Official extends Omit<O, 'success' | 'fail' | 'complete'> ? Named<Missing<Official, O>> : { wrong: Official }
// What a program of the platform may read is given here. A field may be left out; a field that is there has the official type.
type Gives<Official, O> = Named<Missing<Official, O>> extends true
  ? { [K in keyof Official]: K extends keyof O ? (Required<NonNullable<O[K]>> extends Official[K] ? true : { wrong: K }) : never }[keyof Official]
  : Named<Missing<Official, O>>
// A task, or a function of listeners, can stand where the official one is asked for, and has nothing that it lacks.
type Stands<Official, O> = O extends Official ? Named<Missing<Official, O>> : { wrong: O }

declare function check<T extends true>(): T

// ---- options, as the platform's programs give them
check<Takes<Given<The<'request'>>, Ours.RequestOptions>>()
check<Takes<Given<The<'uploadFile'>>, Ours.UploadOptions>>()
check<Takes<Given<The<'downloadFile'>>, Ours.DownloadOptions>>()
check<Takes<Given<The<'connectSocket'>>, Ours.SocketOptions>>()
check<Takes<WechatMiniprogram.SendSocketMessageOption, Ours.SendOptions>>()
check<Takes<WechatMiniprogram.CloseSocketOption, Ours.CloseOptions>>()
check<Takes<WechatMiniprogram.SocketTaskSendOption, Ours.SendOptions>>()
check<Takes<WechatMiniprogram.SocketTaskCloseOption, Ours.CloseOptions>>()

// ---- results, as they read them
check<Gives<Result<Given<The<'request'>>>, Ours.Response>>()
check<Gives<Result<Given<The<'uploadFile'>>>, Ours.Uploaded>>()
check<Gives<Result<Given<The<'downloadFile'>>>, Ours.Downloaded>>()
check<Gives<Result<Given<The<'connectSocket'>>>, Ours.Outcome>>()
check<Gives<Failed<Given<The<'request'>>>, Ours.Failure>>()
check<Gives<Failed<Given<The<'uploadFile'>>>, Ours.Outcome>>()
check<Gives<Failed<Given<The<'downloadFile'>>>, Ours.Outcome>>()
check<Gives<WechatMiniprogram.RequestException, Ours.Exception>>()
check<Gives<WechatMiniprogram.ExceptionReason, Ours.Exception['reasons'][0]>>()
check<Gives<WechatMiniprogram.RequestProfile, Ours.RequestProfile>>()
check<Gives<WechatMiniprogram.SocketProfile, Ours.SocketProfile>>()
// The other way round: no field that the platform does not have.
check<Named<Missing<Ours.RequestProfile, WechatMiniprogram.RequestProfile>>>()
check<Named<Missing<Ours.SocketProfile, WechatMiniprogram.SocketProfile>>>()

// ---- tasks and listeners
check<Stands<ReturnType<The<'request'>>, Ours.RequestTask>>()
check<Stands<ReturnType<The<'uploadFile'>>, Ours.UploadTask>>()
check<Stands<ReturnType<The<'downloadFile'>>, Ours.DownloadTask>>()
check<Stands<ReturnType<The<'connectSocket'>>, Ours.SocketTask>>()
check<Gives<WechatMiniprogram.RequestTaskOnHeadersReceivedListenerResult, Ours.HeadersReceived>>()
check<Gives<WechatMiniprogram.OnChunkReceivedListenerResult, { data: ArrayBuffer }>>()
check<Gives<WechatMiniprogram.UploadTaskOnProgressUpdateListenerResult, Ours.UploadProgress>>()
check<Gives<WechatMiniprogram.DownloadTaskOnProgressUpdateListenerResult, Ours.DownloadProgress>>()
check<Gives<Heard<The<'onSocketOpen'>>, Ours.Opened>>()
check<Gives<WechatMiniprogram.OnOpenListenerResult, Ours.Opened>>()
check<Gives<Heard<The<'onSocketMessage'>>, Ours.Message>>()
check<Gives<Heard<The<'onSocketError'>>, Ours.Outcome>>()
check<Gives<Heard<The<'onSocketClose'>>, Ours.Closed>>()

// ---- the device's network
check<Takes<WechatMiniprogram.GetRandomValuesOption, Ours.RandomOptions>>()
check<Gives<WechatMiniprogram.GetNetworkTypeSuccessCallbackResult, Ours.NetworkTypeFound>>()
check<Gives<WechatMiniprogram.GetLocalIPAddressSuccessCallbackResult, Ours.LocalAddress>>()
check<Gives<WechatMiniprogram.GetRandomValuesSuccessCallbackResult, Ours.RandomValues>>()
check<Gives<Heard<The<'onNetworkStatusChange'>>, Ours.NetworkStatus>>()
check<Gives<Heard<The<'onNetworkWeakChange'>>, Ours.NetworkWeakness>>()
check<Stands<The<'canIUse'>, Ours.Wx['canIUse']>>()

// What a program asks about where it runs. The answers are those of a developer's machine and never change.
'use strict'
;(function ({ wx, asynchronous }, options) {
  const base = () => ({ SDKVersion: '3.3.0', version: '8.0.50', language: 'zh_CN', theme: 'light', enableDebug: false, fontSizeSetting: 16, host: { appId: '', env: 'appnet' } })
  const device = () => ({ brand: 'appnet', model: 'appnet', system: 'appnet', platform: 'devtools', benchmarkLevel: 1, abi: '', memorySize: 4096, cpuType: 'unknown' })
  const screen = () => ({
    pixelRatio: 1, screenWidth: 375, screenHeight: 667, windowWidth: 375, windowHeight: 667, statusBarHeight: 20, screenTop: 0,
    safeArea: { left: 0, right: 375, top: 20, bottom: 667, width: 375, height: 647 },
  })
  const all = () => ({ ...base(), ...device(), ...screen() })

  wx.env = { USER_DATA_PATH: options.userDataPath }
  wx.getAppBaseInfo = base
  wx.getDeviceInfo = device
  wx.getWindowInfo = screen
  wx.getSystemInfoSync = all
  wx.getSystemInfo = asynchronous('getSystemInfo', all)
  wx.getSystemInfoAsync = asynchronous('getSystemInfoAsync', all)
  wx.getAccountInfoSync = () => ({ miniProgram: { appId: options.appId, envVersion: options.envVersion, version: options.envVersion === 'release' ? options.appVersion : '' } })
})

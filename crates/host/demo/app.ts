// The mini-program of `appnet demo`. It runs as any other would: app.json, server-domains.json, pages, modules, wx.
App({})

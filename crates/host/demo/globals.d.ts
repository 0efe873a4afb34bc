// What the platform gives, and the host of the demo.
declare const wx: any
declare const host: any
declare function setTimeout(f: (nothing?: any) => void, milliseconds: number): number
declare function App(app: object): void
declare function Page(page: object): void

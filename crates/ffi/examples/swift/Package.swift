// swift-tools-version:5.9
import PackageDescription

let package = Package(
    name: "ThreeApps",
    targets: [
        .systemLibrary(name: "CAppnet"),
        .executableTarget(name: "ThreeApps", dependencies: ["CAppnet"]),
    ]
)

plugins {
    kotlin("jvm") version "2.2.0"
    application
}

repositories { mavenCentral() }

dependencies { implementation("net.java.dev.jna:jna:5.17.0") }

kotlin { sourceSets["main"].kotlin.srcDir(".") }

application {
    mainClass = "ThreeAppsKt"
    applicationDefaultJvmArgs = listOf("-Djna.library.path=${System.getProperty("jna.library.path") ?: ""}")
}

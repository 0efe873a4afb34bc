rootProject.name = "three-apps"

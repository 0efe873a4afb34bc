// appnet for Kotlin: the functions of appnet.h by JNA. JSON stays text: a host has a library of its own for it.

import com.sun.jna.Callback
import com.sun.jna.Library
import com.sun.jna.Native
import com.sun.jna.Pointer
import com.sun.jna.Structure
import com.sun.jna.ptr.LongByReference
import com.sun.jna.ptr.PointerByReference

const val OK = 0
const val TIMED_OUT = 1
const val ENDED = 2

/** `size_t` is a Long: of the systems with 64 bits. */
@Structure.FieldOrder("data", "length")
open class Text : Structure() {
    @JvmField var data: Pointer? = null
    @JvmField var length: Long = 0
}

@Structure.FieldOrder("data", "length", "release", "context")
open class Attachment : Structure() {
    @JvmField var data: Pointer? = null
    @JvmField var length: Long = 0
    @JvmField var release: Pointer? = null
    @JvmField var context: Pointer? = null
}

@Structure.FieldOrder("json", "jsonLength", "attachments", "attachmentCount")
open class EventView(pointer: Pointer) : Structure(pointer) {
    @JvmField var json: Pointer? = null
    @JvmField var jsonLength: Long = 0
    @JvmField var attachments: Pointer? = null
    @JvmField var attachmentCount: Long = 0
    init { read() }
}

fun interface EventCallback : Callback {
    fun invoke(context: Pointer?, app: Long, event: Pointer?)
}

fun interface RecordCallback : Callback {
    fun invoke(context: Pointer?, record: Pointer, length: Long)
}

interface AppnetLibrary : Library {
    fun appnet_start(config: ByteArray, length: Long, observer: RecordCallback?, context: Pointer?, network: LongByReference, error: Text): Int
    fun appnet_launch(
        network: Long, config: ByteArray, length: Long, directory: ByteArray, directoryLength: Long,
        callback: EventCallback?, context: Pointer?, app: LongByReference, error: Text,
    ): Int
    fun appnet_send(app: Long, json: ByteArray, length: Long, attachments: Attachment?, count: Long, answer: PointerByReference?, error: Text): Int
    fun appnet_next_event(app: Long, milliseconds: Long, event: PointerByReference, error: Text): Int
    fun appnet_event_free(event: Pointer)
    fun appnet_text_free(text: Text)
    fun appnet_enter_background(app: Long, pinned: Byte, error: Text): Int
    fun appnet_enter_foreground(app: Long, error: Text): Int
    fun appnet_configure(app: Long, config: ByteArray, length: Long, error: Text): Int
    fun appnet_set_connectivity(network: Long, connectivity: ByteArray, length: Long, error: Text): Int
    fun appnet_apps(network: Long, apps: Text, error: Text): Int
    fun appnet_close(app: Long, report: Text, error: Text): Int
    fun appnet_shut_down(network: Long, error: Text): Int
}

private val library: AppnetLibrary = Native.load("appnet_ffi", AppnetLibrary::class.java)

class AppnetException(val code: Int, text: String) : Exception(text)

/** An event of the bus. Its bytes were copied out of the library's memory. */
class Event(val json: String, val attachments: List<ByteArray>)

private fun taken(text: Text): String {
    val said = text.data?.getByteArray(0, text.length.toInt())?.decodeToString() ?: ""
    library.appnet_text_free(text)
    return said
}

private fun call(vararg good: Int = intArrayOf(OK), function: (Text) -> Int): Int {
    val error = Text()
    val code = function(error)
    val said = taken(error)
    if (code !in good) throw AppnetException(code, said)
    return code
}

private fun copied(pointer: Pointer): Event {
    val view = EventView(pointer)
    val json = view.json?.getByteArray(0, view.jsonLength.toInt())?.decodeToString() ?: ""
    val attachments = (0 until view.attachmentCount).map { index ->
        val at = index * (Native.POINTER_SIZE + Native.SIZE_T_SIZE)
        val length = view.attachments!!.getLong(at + Native.POINTER_SIZE).toInt()
        view.attachments!!.getPointer(at)?.getByteArray(0, length) ?: ByteArray(0)
    }
    return Event(json, attachments)
}

class Network(config: String, observer: ((String) -> Unit)? = null) {
    // Held as long as the library may call them.
    private val record = observer?.let { RecordCallback { _, data, length -> it(data.getByteArray(0, length.toInt()).decodeToString()) } }
    private val callbacks = mutableListOf<EventCallback>()
    private val handle: Long

    init {
        val (text, place) = config.encodeToByteArray() to LongByReference()
        call { library.appnet_start(text, text.size.toLong(), record, null, place, it) }
        handle = place.value
    }

    /** `callback` hears the app's events on a thread of the library, and at the end `null`; without one they are taken by `nextEvent`. */
    fun launch(config: String, directory: String = "", callback: ((Event?) -> Unit)? = null): App {
        val kept = callback?.let { EventCallback { _, _, event -> it(event?.let(::copied)) } }
        kept?.let(callbacks::add)
        val (text, folder) = config.encodeToByteArray() to directory.encodeToByteArray()
        val place = LongByReference()
        call { library.appnet_launch(handle, text, text.size.toLong(), folder, folder.size.toLong(), kept, null, place, it) }
        return App(place.value)
    }

    fun setConnectivity(connectivity: String) {
        val text = connectivity.encodeToByteArray()
        call { library.appnet_set_connectivity(handle, text, text.size.toLong(), it) }
    }

    fun shutDown() {
        call { library.appnet_shut_down(handle, it) }
    }
}

class App internal constructor(private val handle: Long) {
    fun send(message: String) {
        val text = message.encodeToByteArray()
        call { library.appnet_send(handle, text, text.size.toLong(), null, 0, null, it) }
    }

    /** `null` once the app is closed and all was taken; -1 waits without a limit. */
    fun nextEvent(milliseconds: Long = -1): Event? {
        val place = PointerByReference()
        val code = call(OK, TIMED_OUT, ENDED) { library.appnet_next_event(handle, milliseconds, place, it) }
        if (code == TIMED_OUT) throw AppnetException(code, "no event in $milliseconds ms")
        if (code == ENDED) return null
        return copied(place.value).also { library.appnet_event_free(place.value) }
    }

    fun enterBackground(pinned: Boolean = false) {
        call { library.appnet_enter_background(handle, if (pinned) 1 else 0, it) }
    }

    fun enterForeground() {
        call { library.appnet_enter_foreground(handle, it) }
    }

    fun configure(config: String) {
        val text = config.encodeToByteArray()
        call { library.appnet_configure(handle, text, text.size.toLong(), it) }
    }

    /** Ends the app and everything it has; gives the tasks that this ended, as JSON. */
    fun close(): String {
        val report = Text()
        call { library.appnet_close(handle, report, it) }
        return taken(report)
    }
}

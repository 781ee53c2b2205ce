import java.io.FileInputStream;
import java.util.TreeMap;

/** Prints what a file of properties holds, each part as the numbers of its letters. */
class Properties {
    public static void main(String[] arguments) throws Exception {
        var read = new java.util.Properties();
        try (var file = new FileInputStream(arguments[0])) {
            read.load(file);
        }
        new TreeMap<Object, Object>(read).forEach((name, value) -> System.out.println(numbers(name) + "=" + numbers(value)));
    }

    static String numbers(Object text) {
        return String.join(",", text.toString().chars().mapToObj(Integer::toString).toList());
    }
}

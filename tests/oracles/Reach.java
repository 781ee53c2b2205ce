import java.net.URL;

/** Says whether it reaches an address over TLS as any program does that leaves trust to Java. */
public class Reach {
    public static void main(String[] arguments) throws Exception {
        new URL(arguments[0]).openConnection().getInputStream().close();
        System.out.println("reached");
    }
}

import java.io.*;
import java.net.*;
public class Server {
  public static void main(String[] a) throws Exception {
    PrintStream out = new PrintStream(System.out, true, "ISO-8859-1");
    ServerSocket s = new ServerSocket(6000);
    out.println("Serveur pr\u00eat \u00e0 \u00e9couter");
    s.accept();
  }
}
